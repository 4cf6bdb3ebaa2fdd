package io.pgqueuer.java.micrometer;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.internal.micrometer.BridgeKt;
import java.util.function.Consumer;

/**
 * Gauges of what a queue contains, whoever works on it.
 *
 * <pre>{@code
 * QueueMetrics.of(backend).bindTo(registry);
 * }</pre>
 *
 * <p>From the first {@link #bindTo} on, the queue is read in the background, every
 * {@linkplain MetricsOptions#interval interval}. Gauges show the last reading and never ask the store. An entrypoint that
 * leaves the queue goes to 0. If no reading has succeeded for a minute, or for three intervals if that is longer, the
 * gauges are NaN; {@code pgqueuer.snapshot.age} tells at any time how old the reading is.
 */
public final class QueueMetrics implements MeterBinder, AutoCloseable {
    private final io.pgqueuer.micrometer.QueueMetrics core;

    private QueueMetrics(io.pgqueuer.micrometer.QueueMetrics core) {
        this.core = core;
    }

    /** Makes the metrics of {@code backend}, with the default options. */
    public static QueueMetrics of(Backend backend) {
        return of(backend, options -> {});
    }

    /**
     * Makes the metrics of {@code backend}.
     *
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    public static QueueMetrics of(Backend backend, Consumer<MetricsOptions> options) {
        return new QueueMetrics(BridgeKt.queueMetrics(backend, options));
    }

    /**
     * Adds the gauges to {@code registry}, and starts to read the queue.
     *
     * @throws IllegalStateException if {@code registry} has the gauges of a queue with the same tags, or if this is
     *     closed.
     */
    @Override
    public void bindTo(MeterRegistry registry) {
        core.bindTo(registry);
    }

    /** Stops to read the queue, and removes the gauges from their registries. */
    @Override
    public void close() {
        core.close();
    }
}
