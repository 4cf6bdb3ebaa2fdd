package io.pgqueuer.java.internal.micrometer

import io.micrometer.core.instrument.MeterRegistry
import io.micrometer.core.instrument.Tags
import io.pgqueuer.WorkerObserver
import io.pgqueuer.java.Backend
import io.pgqueuer.java.internal.toCore
import io.pgqueuer.java.micrometer.MetricsOptions
import io.pgqueuer.micrometer.QueueMetrics
import io.pgqueuer.micrometer.WorkerMetrics
import java.time.Duration
import java.util.function.Consumer
import kotlin.time.toKotlinDuration
import io.pgqueuer.micrometer.MetricsOptions as CoreMetricsOptions

internal fun workerMetrics(registry: MeterRegistry, options: Consumer<MetricsOptions>): WorkerObserver =
    WorkerMetrics(registry) { options.accept(JavaMetricsOptions(this)) }

internal fun queueMetrics(backend: Backend, options: Consumer<MetricsOptions>): QueueMetrics =
    QueueMetrics(backend.toCore()) { options.accept(JavaMetricsOptions(this)) }

private class JavaMetricsOptions(
    private val core: CoreMetricsOptions,
) : MetricsOptions {
    override fun tags(tags: Tags) = apply { core.tags = tags }

    override fun maxEntrypoints(maxEntrypoints: Int) = apply { core.maxEntrypoints = maxEntrypoints }

    override fun histograms(histograms: Boolean) = apply { core.histograms = histograms }

    override fun percentiles(vararg percentiles: Double) = apply { core.percentiles = percentiles.asList() }

    override fun interval(interval: Duration) = apply { core.interval = interval.toKotlinDuration() }

    override fun prefix(prefix: String) = apply { core.prefix = prefix }
}
