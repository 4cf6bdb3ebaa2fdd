package io.pgqueuer.java.micrometer;

import io.micrometer.core.instrument.MeterRegistry;
import io.pgqueuer.java.WorkerEvent;
import io.pgqueuer.java.WorkerObserver;
import io.pgqueuer.java.internal.EventsKt;
import io.pgqueuer.java.internal.micrometer.BridgeKt;
import java.util.function.Consumer;

/**
 * Counts and times what the workers of this process do, in a registry.
 *
 * <pre>{@code
 * var metrics = WorkerMetrics.of(registry);
 * var backend = Backend.postgres(dataSource, options -> options.observe(metrics));
 * }</pre>
 *
 * <p>Make one for a registry, and share it among all workers and backends that have the same
 * {@linkplain MetricsOptions#tags tags}. Otherwise, the gauges show the first one only.
 */
public final class WorkerMetrics implements WorkerObserver {
    private final io.pgqueuer.WorkerObserver core;

    private WorkerMetrics(io.pgqueuer.WorkerObserver core) {
        this.core = core;
    }

    /** Makes the metrics in {@code registry}, with the default options. */
    public static WorkerMetrics of(MeterRegistry registry) {
        return of(registry, options -> {});
    }

    /**
     * Makes the metrics in {@code registry}.
     *
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    public static WorkerMetrics of(MeterRegistry registry, Consumer<MetricsOptions> options) {
        return new WorkerMetrics(BridgeKt.workerMetrics(registry, options));
    }

    @Override
    public void onEvent(WorkerEvent event) {
        core.onEvent(EventsKt.toCore(event));
    }
}
