package consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.RunMode;
import io.pgqueuer.java.micrometer.QueueMetrics;
import io.pgqueuer.java.micrometer.WorkerMetrics;
import io.pgqueuer.java.web.Dashboards;
import io.pgqueuer.opentelemetry.JobTracing;
import io.pgqueuer.web.DashboardRole;
import io.pgqueuer.web.servlet.DashboardServlet;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** An application whose queue is measured, traced, and shown in its servlet container. */
class ObservedTest {
    @Test
    void theClassPathHasTheExpectedVersions() {
        assertTrue(jarOf(MeterRegistry.class).contains("micrometer-core-" + System.getProperty("expected.micrometer")));
        assertTrue(jarOf(OpenTelemetry.class)
                .contains("opentelemetry-api-" + System.getProperty("expected.opentelemetry")));
    }

    @Test
    void aJobIsMeasuredTracedAndShown() throws Exception {
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        var spans = InMemorySpanExporter.create();
        var tracing = SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build();
        var openTelemetry = OpenTelemetrySdk.builder().setTracerProvider(tracing).build();
        var workerMetrics = WorkerMetrics.of(registry);
        try (var backend = Backend.inMemory(
                        options -> options.observe(workerMetrics).install(JobTracing.of(openTelemetry)));
                var queueMetrics = QueueMetrics.of(backend, options -> options.interval(Duration.ofMillis(100)));
                var dashboard = Dashboards.of(backend, options -> options.title("Shop")
                        .refreshEvery(Duration.ofMillis(500)));
                var container = Container.serve(
                        new DashboardServlet(dashboard, request -> DashboardRole.OPERATE), "/admin/queue/*")) {
            backend.queue().enqueue("mail").join();
            backend.queue().enqueue("report").join();
            backend.worker().entrypoint("mail").handle(job -> {}).build()
                    .start(options -> options.mode(RunMode.DRAIN)).join();
            queueMetrics.bindTo(registry);

            assertTrue(registry.scrape().contains("pgqueuer_jobs_total{entrypoint=\"mail\",outcome=\"succeeded\"} 1.0"));
            awaitScrape(registry, "pgqueuer_queue_due{entrypoint=\"report\"} 1.0");
            var ofMail = spans.getFinishedSpanItems().stream().filter(span -> span.getName().endsWith(" mail")).toList();
            assertEquals(List.of("send mail", "process mail"), ofMail.stream().map(SpanData::getName).toList());
            assertEquals(1, ofMail.stream().map(SpanData::getTraceId).collect(Collectors.toSet()).size());

            var page = get(container.port(), "/admin/queue/entrypoints");
            assertTrue(page.contains("Shop"), page);
            assertTrue(page.contains("report"), page);
            assertTrue(page.contains("href=\"/admin/queue/assets/dashboard.css\""), page);
            assertEquals(3, ticks(container.port(), "/admin/queue/events", 3));
        }
    }

    private static void awaitScrape(PrometheusMeterRegistry registry, String line) {
        var deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!registry.scrape().contains(line)) {
            assertTrue(System.nanoTime() < deadline, () -> "no " + line + " in\n" + registry.scrape());
            Thread.onSpinWait();
        }
    }

    private static String get(int port, String path) throws Exception {
        return HttpClient.newHttpClient().send(request(port, path), BodyHandlers.ofString()).body();
    }

    private static int ticks(int port, String path, int atMost) throws Exception {
        var stream = HttpClient.newHttpClient().send(request(port, path), BodyHandlers.ofInputStream()).body();
        try (var lines = new BufferedReader(new InputStreamReader(stream))) {
            return (int) lines.lines().filter("event: tick"::equals).limit(atMost).count();
        }
    }

    private static HttpRequest request(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
    }

    private static String jarOf(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation().getPath();
    }
}
