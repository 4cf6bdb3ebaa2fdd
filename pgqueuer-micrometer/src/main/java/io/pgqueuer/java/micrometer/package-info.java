/**
 * Metrics of a queue and its workers in a Micrometer registry. Start at
 * {@link io.pgqueuer.java.micrometer.WorkerMetrics} and {@link io.pgqueuer.java.micrometer.QueueMetrics}.
 */
@NullMarked
package io.pgqueuer.java.micrometer;

import org.jspecify.annotations.NullMarked;
