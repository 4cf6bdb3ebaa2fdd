package io.pgqueuer.java.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.RunMode;
import io.pgqueuer.java.RunOptions;
import io.pgqueuer.java.WorkerEvent;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The metrics of a Java application. */
class JavaMetricsTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void workersAreCountedAndTheQueueIsRead() throws Exception {
        var workerMetrics = WorkerMetrics.of(registry);
        try (var backend = Backend.inMemory(options -> options.observe(workerMetrics));
                var queueMetrics = QueueMetrics.of(backend, options -> options.interval(Duration.ofMillis(100)))) {
            backend.queue().enqueue("mail").get(10, TimeUnit.SECONDS);
            backend.queue().enqueue("report").get(10, TimeUnit.SECONDS);
            var worker = backend.worker().entrypoint("mail").handle(job -> {}).build();
            worker.start(RunOptions.builder().mode(RunMode.DRAIN).build()).get(30, TimeUnit.SECONDS);
            queueMetrics.bindTo(registry);

            assertEquals(1, registry.get("pgqueuer.jobs").tags("entrypoint", "mail", "outcome", "succeeded")
                    .counter().count());
            assertEquals(0, registry.get("pgqueuer.workers.running").gauge().value());
            var deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (registry.find("pgqueuer.queue.due").gauge() == null && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
            assertEquals(1, registry.get("pgqueuer.queue.due").tag("entrypoint", "report").gauge().value());
        }
        assertTrue(registry.find("pgqueuer.queue.due").gauges().isEmpty());
    }

    @Test
    void optionsAreThoseOfKotlin() {
        WorkerMetrics.of(registry, options -> options.tags(Tags.of("queue", "billing"))
                .histograms(false)
                .percentiles(0.5, 0.99)
                .maxEntrypoints(5)
                .prefix("app_"));

        assertEquals("billing", registry.get("pgqueuer.events.dropped").counter().getId().getTag("queue"));
        assertThrows(
                IllegalArgumentException.class,
                () -> WorkerMetrics.of(registry, options -> options.maxEntrypoints(0)));
        assertThrows(
                IllegalArgumentException.class,
                () -> WorkerMetrics.of(registry, options -> options.interval(Duration.ZERO)));
    }

    @Test
    void anEventOfAnotherOriginIsRefused() {
        var metrics = WorkerMetrics.of(registry);

        var error = assertThrows(IllegalArgumentException.class, () -> metrics.onEvent(new Foreign()));
        assertTrue(error.getMessage().contains("Foreign is not of this library"), error::getMessage);
    }

    private record Foreign() implements WorkerEvent {
        @Override
        public UUID worker() {
            return new UUID(1, 2);
        }
    }
}
