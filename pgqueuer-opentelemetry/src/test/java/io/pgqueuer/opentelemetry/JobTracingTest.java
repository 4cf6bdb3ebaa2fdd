package io.pgqueuer.opentelemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.NewJob;
import io.pgqueuer.java.OnFailure;
import io.pgqueuer.java.RetryPolicy;
import io.pgqueuer.java.RetryRequested;
import io.pgqueuer.java.RunMode;
import io.pgqueuer.java.WorkerBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Tracing as Java uses it. */
class JobTracingTest {
    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();

    private final OpenTelemetrySdk openTelemetry = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                    .build())
            .build();

    private final Map<String, String> seen = new ConcurrentHashMap<>();

    @Test
    void aRequestItsEnqueueItsHandlersAndWhatTheyEnqueueAreOneTrace() throws Exception {
        try (var backend = Backend.inMemory(options -> options.install(JobTracing.of(openTelemetry)))) {
            var request = openTelemetry.getTracer("http").spanBuilder("GET /").startSpan();
            var scope = request.makeCurrent();
            try {
                get(backend.queue().enqueue("mail"));
            } finally {
                scope.close();
                request.end();
            }
            drain(backend, worker -> worker
                    .entrypoint("mail").handle(job -> {
                        seen.put("mail", spanId());
                        job.queue().enqueueAll(List.of(NewJob.of("report"), NewJob.of("report"))).join();
                    })
                    .entrypoint("report").handleAsync(job -> {
                        seen.put("report " + job.job().id(), spanId());
                        return CompletableFuture.completedFuture(null);
                    }));

            var send = one("send mail");
            var mail = one("process mail");
            assertEquals(request.getSpanContext().getSpanId(), send.getParentSpanId());
            assertEquals(send.getSpanId(), mail.getParentSpanId());
            assertEquals(mail.getSpanId(), seen.get("mail"));
            assertEquals(mail.getSpanId(), one("send report").getParentSpanId());
            assertEquals(2, all("process report").size());
            for (var report : all("process report")) {
                assertEquals(report.getSpanId(), seen.get("report " + attribute(report, "messaging.message.id")));
            }
            assertEquals(1, exporter.getFinishedSpanItems().stream().map(SpanData::getTraceId).distinct().count());
        }
    }

    @Test
    void theInterceptorsOfAWorkerRunWithinTheSpan() throws Exception {
        try (var backend = Backend.inMemory(options -> options.install(JobTracing.of(openTelemetry)))) {
            get(backend.queue().enqueue("mail"));
            drain(backend, worker -> worker
                    .intercept((context, next) -> {
                        seen.put("interceptor", spanId());
                        return next.proceed();
                    })
                    .entrypoint("mail").handle(job -> seen.put("mail", spanId())));
            var span = one("process mail").getSpanId();
            assertEquals(Map.of("interceptor", span, "mail", span), seen);
        }
    }

    @Test
    void aHandlerThatAsksToRunAgainHasNotFailed() throws Exception {
        try (var backend = Backend.inMemory(options -> options.install(JobTracing.of(openTelemetry)))) {
            get(backend.queue().enqueue("mail"));
            drain(backend, worker -> worker.entrypoint("mail").handle(job -> {
                if (job.attempt() == 1) {
                    throw new RetryRequested(Duration.ZERO, "not ready");
                }
            }));
            var first = all("process mail").get(0);
            assertEquals("retried", attribute(first, "messaging.pgqueuer.outcome"));
            assertEquals(StatusCode.UNSET, first.getStatus().getStatusCode());
        }
    }

    @Test
    void optionsAreSet() throws Exception {
        var tracing = JobTracing.of(openTelemetry, options -> {
            options.setCreation(Creation.LINK);
            options.setRecordExceptions(true);
            options.setCreateSpansUpTo(0);
        });
        try (var backend = Backend.inMemory(options -> options.install(tracing))) {
            get(backend.queue().enqueueAll(List.of(NewJob.of("mail"), NewJob.of("mail"))));
            drain(backend, worker -> worker
                    .defaults(all -> all.retry(RetryPolicy.none()).onFailure(OnFailure.DELETE))
                    .entrypoint("mail").handle(job -> {
                        throw new IllegalStateException("out of stamps");
                    }));
            assertEquals(List.of(), all("create mail"));
            for (var run : all("process mail")) {
                assertEquals("java.lang.IllegalStateException", attribute(run, "error.type"));
                assertEquals("out of stamps", run.getStatus().getDescription());
                assertEquals(one("send mail").getSpanId(), run.getLinks().get(0).getSpanContext().getSpanId());
                assertTrue(!run.getParentSpanContext().isValid());
            }
            assertEquals(2, all("process mail").size());
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> JobTracing.of(openTelemetry, options -> options.setCreateSpansUpTo(-1)));
    }

    private static void drain(Backend backend, UnaryOperator<WorkerBuilder> handlers) throws Exception {
        try (var worker = handlers.apply(backend.worker()).build()) {
            get(worker.start(options -> options.mode(RunMode.DRAIN)));
        }
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    private static String spanId() {
        return Span.current().getSpanContext().getSpanId();
    }

    private List<SpanData> all(String name) {
        return exporter.getFinishedSpanItems().stream().filter(span -> span.getName().equals(name)).toList();
    }

    private SpanData one(String name) {
        var spans = all(name);
        assertEquals(1, spans.size(), name);
        return spans.get(0);
    }

    private static String attribute(SpanData span, String name) {
        return span.getAttributes().get(AttributeKey.stringKey(name));
    }
}
