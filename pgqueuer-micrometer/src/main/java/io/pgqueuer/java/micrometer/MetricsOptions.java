package io.pgqueuer.java.micrometer;

import io.micrometer.core.instrument.Tags;
import java.time.Duration;

/**
 * What {@link WorkerMetrics} and {@link QueueMetrics} measure, and how much of it. Each method sets one option and returns
 * this object.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface MetricsOptions {
    /**
     * Adds {@code tags} to every meter; default none. Needed if one registry has the metrics of several queues:
     * {@code Tags.of("queue", "billing")}.
     */
    MetricsOptions tags(Tags tags);

    /**
     * Sets the most entrypoints, and the most schedules, that have meters of their own; 1 to 1,000, default 100. Those
     * that are seen later share the tag value {@code _others}.
     */
    MetricsOptions maxEntrypoints(int maxEntrypoints);

    /** Sets whether the timers of jobs count into buckets, from 5 ms to 10 min, as histograms need; default true. */
    MetricsOptions histograms(boolean histograms);

    /**
     * Sets percentiles of the timers of jobs that this process computes itself, such as 0.5, 0.95 and 0.99; default none.
     * Unlike histograms, they cannot be combined over processes.
     */
    MetricsOptions percentiles(double... percentiles);

    /** Sets how often {@link QueueMetrics} reads the queue; at least 100 ms, default 10 s. */
    MetricsOptions interval(Duration interval);

    /**
     * Sets the prefix of the queue's tables, default none. It stands in front of the two metric names that Python's
     * PgQueuer has, because Python puts it there.
     */
    MetricsOptions prefix(String prefix);
}
