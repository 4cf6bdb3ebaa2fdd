package io.pgqueuer.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.JobQueue;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What operators see of an application with a queue. */
class ObservabilityTest {
    private static final InMemorySpanExporter SPANS = InMemorySpanExporter.create();

    private static ConfigurableApplicationContext context;
    private static int port;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @Bean
        Work work() {
            return new Work();
        }

        @Bean
        MeterRegistry registry() {
            return new SimpleMeterRegistry();
        }

        @Bean
        OpenTelemetry openTelemetry() {
            return OpenTelemetrySdk.builder()
                    .setTracerProvider(SdkTracerProvider.builder()
                            .addSpanProcessor(SimpleSpanProcessor.create(SPANS))
                            .build())
                    .build();
        }
    }

    static class Work {
        @JobHandler("quick")
        void quick() {}
    }

    @BeforeAll
    static void start() {
        context = run();
        port = ((ServletWebServerApplicationContext) context).getWebServer().getPort();
    }

    @AfterAll
    static void close() {
        context.close();
    }

    private static ConfigurableApplicationContext run(String... properties) {
        var arguments = new ArrayList<String>();
        List.of(new TestDatabase().properties()).forEach(property -> arguments.add("--" + property));
        List.of(properties).forEach(property -> arguments.add("--" + property));
        arguments.addAll(List.of(
                "--server.port=0",
                "--spring.jpa.open-in-view=false",
                "--management.endpoints.web.exposure.include=*",
                "--management.endpoint.health.show-details=always",
                "--pgqueuer.metrics.interval=100ms"));
        return new SpringApplication(Application.class).run(arguments.toArray(String[]::new));
    }

    @Test
    void theQueueIsAPartOfReadinessAndNotOfLiveness() throws Exception {
        // The worker begins to listen when it has started.
        awaitStatus("/health/readiness", "UP");
        var health = get("/health").get("components").get("pgqueuer");
        assertThat(health.get("status").asString()).isEqualTo("UP");
        assertThat(health.get("details").get("listenerHealthy").asBoolean()).isTrue();
        var worker = context.getBean(WorkerLifecycle.class);
        worker.stop();
        try {
            assertThat(get("/health/readiness").get("status").asString()).isEqualTo("OUT_OF_SERVICE");
            assertThat(status(port, "GET", "/health/readiness", null)).isEqualTo(503);
            assertThat(get("/health/liveness").get("status").asString()).isEqualTo("UP");
        } finally {
            worker.start();
        }
        awaitStatus("/health/readiness", "UP");
    }

    @Test
    void aWorkerWhoseRunFailsIsDownAndNotStoppedUntilItRunsAgain() throws Exception {
        try (var other = run()) {
            var itsPort = ((ServletWebServerApplicationContext) other).getWebServer().getPort();
            var worker = other.getBean(WorkerLifecycle.class);
            var schema = other.getBean(Backend.class).schema();
            worker.stop();
            schema.uninstall().join();
            worker.start();
            assertThat(send(itsPort, "GET", "/health/readiness", null).get("status").asString()).isEqualTo("DOWN");
            assertThat(send(itsPort, "GET", "/health/liveness", null).get("status").asString()).isEqualTo("UP");
            schema.install().join();
            Awaitility.await().untilAsserted(() -> assertThat(
                            send(itsPort, "GET", "/health/readiness", null).get("status").asString())
                    .isEqualTo("UP"));
        }
    }

    @Test
    void theMembersOfReadinessCanBeListedByTheApplication() throws Exception {
        for (var property : List.of(
                "management.endpoint.health.group.readiness.include=readinessState", "pgqueuer.health.readiness=false")) {
            try (var other = run(property)) {
                var itsPort = ((ServletWebServerApplicationContext) other).getWebServer().getPort();
                other.getBean(WorkerLifecycle.class).stop();
                assertThat(send(itsPort, "GET", "/health/readiness", null).get("status").asString())
                        .as(property)
                        .isEqualTo("UP");
                assertThat(send(itsPort, "GET", "/health/pgqueuer", null).get("status").asString())
                        .as(property)
                        .isEqualTo("OUT_OF_SERVICE");
            }
        }
    }

    @Test
    void jobsThatAreOverdueCanMakeTheHealthDown() throws Exception {
        try (var other = run("pgqueuer.health.max-overdue=1ms", "pgqueuer.worker.enabled=false")) {
            var itsPort = ((ServletWebServerApplicationContext) other).getWebServer().getPort();
            assertThat(send(itsPort, "GET", "/health/pgqueuer", null).get("status").asString()).isEqualTo("UP");
            other.getBean(JobQueue.class).enqueue("other").join();
            Awaitility.await().untilAsserted(() ->
                    assertThat(send(itsPort, "GET", "/health/pgqueuer", null).get("status").asString()).isEqualTo("DOWN"));
        }
    }

    @Test
    void theEndpointShowsTheQueueAndPausesEntrypoints() throws Exception {
        context.getBean(JobQueue.class).enqueue("waiting").join();
        send(port, "POST", "/pgqueuer/waiting", "{\"reason\": \"the provider is down\", \"duration\": \"2h\"}");
        var state = get("/pgqueuer");
        assertThat(state.get("backlog").get(0).get("entrypoint").asString()).isEqualTo("waiting");
        assertThat(state.get("backlog").get(0).get("queued").asInt()).isEqualTo(1);
        assertThat(state.get("backlog").get(0).get("slots").asInt()).isZero();
        assertThat(state.get("pauses").get(0).get("reason").asString()).isEqualTo("the provider is down");
        assertThat(state.get("pauses").get(0).hasNonNull("until")).isTrue();
        assertThat(state.get("worker").get("running").asBoolean()).isTrue();
        assertThat(state.get("worker").get("entrypoints").get(0).asString()).isEqualTo("quick");
        assertThat(state.has("throughput")).isTrue();
        assertThat(state.has("workers")).isTrue();

        assertThat(send(port, "DELETE", "/pgqueuer/waiting", null).get("resumed").asBoolean()).isTrue();
        assertThat(get("/pgqueuer").get("pauses")).isEmpty();
        assertThat(status(port, "POST", "/pgqueuer/waiting", "{\"duration\": \"soon\"}")).isEqualTo(400);
    }

    @Test
    void jobsAreMeasuredAndTraced() {
        context.getBean(JobQueue.class).enqueue("quick").join();
        var registry = context.getBean(MeterRegistry.class);
        Awaitility.await().untilAsserted(() -> {
            assertThat(registry.getMeters()).anyMatch(meter -> "quick".equals(meter.getId().getTag("entrypoint"))
                    && meter.getId().getTag("outcome") != null);
            assertThat(registry.find("pgqueuer.snapshot.age").gauge()).isNotNull();
            assertThat(SPANS.getFinishedSpanItems())
                    .extracting(SpanData::getName)
                    .contains("send quick", "process quick");
        });
    }

    @Test
    void withoutActuatorNothingOfThisIsThere() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        PgQueuerAutoConfiguration.class,
                        io.pgqueuer.spring.internal.endpoint.EndpointAutoConfiguration.class,
                        io.pgqueuer.spring.internal.health.HealthAutoConfiguration.class,
                        io.pgqueuer.spring.internal.metrics.MetricsAutoConfiguration.class,
                        io.pgqueuer.spring.internal.tracing.TracingAutoConfiguration.class))
                .withClassLoader(new org.springframework.boot.test.context.FilteredClassLoader(
                        "org.springframework.boot.health",
                        "org.springframework.boot.actuate",
                        "io.micrometer",
                        "io.opentelemetry",
                        "io.pgqueuer.java.micrometer",
                        "io.pgqueuer.opentelemetry"))
                .withBean(Backend.class, Backend::inMemory)
                .run(runs -> assertThat(runs).hasNotFailed().hasSingleBean(JobQueue.class));
    }

    private static void awaitStatus(String path, String status) {
        Awaitility.await().untilAsserted(() -> assertThat(get(path).get("status").asString()).isEqualTo(status));
    }

    private static JsonNode get(String path) throws Exception {
        return send(port, "GET", path, null);
    }

    private static JsonNode send(int port, String method, String path, String body) throws Exception {
        return JsonMapper.shared().readTree(response(port, method, path, body).body());
    }

    private static int status(int port, String method, String path, String body) throws Exception {
        return response(port, method, path, body).statusCode();
    }

    private static HttpResponse<String> response(int port, String method, String path, String body)
            throws IOException, InterruptedException {
        var publisher = body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(body);
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator" + path))
                .method(method, publisher)
                .header("Content-Type", "application/json")
                .build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }
}
