package io.pgqueuer.java.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pgqueuer.java.Backend;
import io.pgqueuer.web.DashboardRole;
import io.pgqueuer.web.servlet.DashboardServlet;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboard of a Java application. */
class DashboardsTest {
    private static final Logger LOG = Logger.getLogger("org.apache");

    private final Tomcat tomcat = new Tomcat();
    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    @Test
    void aJavaApplicationServesItsQueueWithTheOptionsOfKotlin() throws Exception {
        try (var backend = Backend.inMemory();
                var dashboard = Dashboards.of(backend, options -> options
                        .title("Billing")
                        .refreshEvery(Duration.ofMillis(500))
                        .origins("https://ops.example.org")
                        .redactor((job, payload) -> (job.entrypoint() + " has " + payload.length + " bytes")
                                .getBytes(StandardCharsets.UTF_8)))) {
            var id = backend.queue().enqueue("mail", "secret").get(10, TimeUnit.SECONDS);
            start(new DashboardServlet(dashboard, request -> DashboardRole.OPERATE));

            var page = get("/jobs/" + id);
            assertTrue(page.contains("Billing"), page);
            assertTrue(page.contains("mail has 6 bytes"), page);
            assertFalse(page.contains("secret"), page);
            assertEquals(303, pauseFrom("https://ops.example.org"));
            assertEquals(1, backend.insights().pauses().get(10, TimeUnit.SECONDS).size());
        } finally {
            tomcat.stop();
            tomcat.destroy();
        }
    }

    @Test
    void byDefaultNobodyChangesAnythingAndPayloadsCanBeHidden() throws Exception {
        try (var backend = Backend.inMemory();
                var dashboard = Dashboards.of(backend, options -> options.redactor(PayloadRedactor.hide()))) {
            var id = backend.queue().enqueue("mail", "secret").get(10, TimeUnit.SECONDS);
            start(new DashboardServlet(dashboard));

            var page = get("/jobs/" + id);
            assertTrue(page.contains("6 bytes"), page);
            assertFalse(page.contains("secret"), page);
            assertEquals(403, pauseFrom(site()));
        } finally {
            tomcat.stop();
            tomcat.destroy();
        }
    }

    @Test
    void wrongArgumentsAreRefused() {
        try (var backend = Backend.inMemory()) {
            var error = assertThrows(
                    IllegalArgumentException.class,
                    () -> Dashboards.of(backend, options -> options.refreshEvery(Duration.ofMillis(1))));
            assertTrue(error.getMessage().startsWith("refreshEvery must be >= 500ms"), error::getMessage);
            try (var dashboard = Dashboards.of(backend)) {
                assertThrows(NullPointerException.class, () -> new DashboardServlet(dashboard, null));
            }
        }
    }

    @BeforeEach
    void logNothing() {
        LOG.setLevel(Level.OFF);
    }

    private void start(DashboardServlet servlet) throws Exception {
        tomcat.setBaseDir(folder.toString());
        tomcat.setPort(0);
        var context = tomcat.addContext("", folder.toString());
        Tomcat.addServlet(context, "queue", servlet).setAsyncSupported(true);
        context.addServletMapping("/admin/queue/*", "queue");
        tomcat.getConnector();
        tomcat.start();
    }

    private String site() {
        return "http://127.0.0.1:" + tomcat.getConnector().getLocalPort();
    }

    private String get(String path) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(site() + "/admin/queue" + path)).build();
        return client.send(request, BodyHandlers.ofString()).body();
    }

    private int pauseFrom(String origin) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(site() + "/admin/queue/pause"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Origin", origin)
                .POST(BodyPublishers.ofString("entrypoint=mail"))
                .build();
        return client.send(request, BodyHandlers.discarding()).statusCode();
    }
}
