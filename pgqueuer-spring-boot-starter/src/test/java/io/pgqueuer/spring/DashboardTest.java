package io.pgqueuer.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueuer.java.Backend;
import io.pgqueuer.web.DashboardRole;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The dashboard as a servlet of the application. */
class DashboardTest {
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(
            excludeName = {
                "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
                "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration"
            })
    static class Application {
        @Bean
        Backend backend() {
            return Backend.inMemory();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Access {
        @Bean
        DashboardAccess access() {
            return request -> request.getHeader("X-User") == null ? null : DashboardRole.OPERATE;
        }
    }

    @Test
    void theDashboardIsOffUntilItIsTurnedOn() throws Exception {
        try (var context = start(List.of(Application.class))) {
            assertThat(get(context, "/pgqueuer/", null).statusCode()).isEqualTo(404);
        }
        try (var context = start(List.of(Application.class), "--pgqueuer.dashboard.enabled=true")) {
            var page = get(context, "/pgqueuer/", null);
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.body()).contains("PgQueuer");
        }
    }

    @Test
    void aBeanDecidesWhoMaySeeIt() throws Exception {
        try (var context = start(
                List.of(Application.class, Access.class),
                "--pgqueuer.dashboard.enabled=true",
                "--pgqueuer.dashboard.path=/admin/queue")) {
            assertThat(get(context, "/admin/queue/", null).statusCode()).isEqualTo(403);
            assertThat(get(context, "/admin/queue/", "ann").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aPathThatCannotBeMappedIsRefused() {
        assertThatThrownBy(() -> start(
                        List.of(Application.class),
                        "--pgqueuer.dashboard.enabled=true",
                        "--pgqueuer.dashboard.path=queue"))
                .hasStackTraceContaining("pgqueuer.dashboard.path");
    }

    private static ConfigurableApplicationContext start(List<Class<?>> sources, String... properties) {
        var arguments = new ArrayList<>(List.of(properties));
        arguments.add("--server.port=0");
        return new SpringApplication(sources.toArray(Class<?>[]::new)).run(arguments.toArray(String[]::new));
    }

    private static HttpResponse<String> get(ConfigurableApplicationContext context, String path, String user)
            throws Exception {
        var port = ((ServletWebServerApplicationContext) context).getWebServer().getPort();
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
        if (user != null) {
            request.header("X-User", user);
        }
        return HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build()
                .send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
