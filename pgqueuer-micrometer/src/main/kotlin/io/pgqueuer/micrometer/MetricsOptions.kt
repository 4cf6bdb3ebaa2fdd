package io.pgqueuer.micrometer

import io.micrometer.core.instrument.Tags
import io.pgqueuer.Options
import io.pgqueuer.SnapshotReader
import io.pgqueuer.configured
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** What [WorkerMetrics] and [QueueMetrics] measure, and how much of it. */
public class MetricsOptions internal constructor() : Options() {
    /** Added to every meter. Needed if one registry has the metrics of several queues: `Tags.of("queue", "billing")`. */
    public var tags: Tags by option(Tags.empty())

    /**
     * The most entrypoints, and the most schedules, that have meters of their own; 1 to 1,000, default 100. Those that
     * are seen later share the tag value [OTHERS].
     */
    public var maxEntrypoints: Int by option(100, "1 to 1000") { it in 1..1_000 }

    /** Whether the timers of jobs count into buckets, from 5 ms to 10 min, as histograms need; default true. */
    public var histograms: Boolean by option(true)

    /**
     * Percentiles of the timers of jobs that this process computes itself, such as 0.5, 0.95 and 0.99, each between 0 and
     * 1; default none. Unlike [histograms], they cannot be combined over processes.
     */
    public var percentiles: List<Double> by option(emptyList(), "between 0 and 1") { all ->
        all.all { it in 0.0..1.0 }
    }

    /** How often [QueueMetrics] reads the queue; at least 100 ms, default 10 s. [WorkerMetrics] does not use it. */
    public var interval: Duration by option(SnapshotReader.DEFAULT_INTERVAL, ">= 100ms and finite") {
        it >= 100.milliseconds && it.isFinite()
    }

    /**
     * The prefix of the queue's tables, default none. It stands in front of the two metric names that Python's PgQueuer
     * has, because Python puts it there; no other name has it.
     */
    public var prefix: String by option("")

    public companion object {
        /** The entrypoint or schedule of the meters that count all those beyond [maxEntrypoints]: `_others`. */
        public const val OTHERS: String = "_others"
    }
}

internal fun metricsOptions(configure: MetricsOptions.() -> Unit) = MetricsOptions().configured(configure)
