package io.pgqueuer.cli.metrics

import com.github.ajalt.clikt.parameters.groups.provideDelegate
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.options.validate
import io.micrometer.prometheusmetrics.PrometheusConfig
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry
import io.pgqueuer.cli.PgqCommand
import io.pgqueuer.cli.duration
import io.pgqueuer.cli.untilStopped
import io.pgqueuer.micrometer.QueueMetrics
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import java.net.InetSocketAddress
import kotlin.time.Duration.Companion.seconds

internal class MetricsCommand :
    PgqCommand(
        "metrics",
        "Serve the state of the queue to Prometheus, at /metrics, until the command is stopped. It runs no worker: " +
            "what workers do is served by `pgq run --metrics-port` or by your application.",
        examples = listOf(
            "pgq metrics",
            "pgq metrics --port 9187 --interval 30s",
            "pgq metrics --host 0.0.0.0 --insecure",
        ),
    ) {
    private val endpoint by EndpointOptions(defaultPort = DEFAULT_PORT)
    private val interval by option().duration().default(10.seconds)
        .help("how often the queue is read, however often it is asked for (default: 10s)")
        .validate { require(it >= 1.seconds && it.isFinite()) { "must be at least 1s, was $it" } }

    override suspend fun run() {
        val address = checkNotNull(endpoint.address())
        untilStopped { serve(address) }
    }

    private suspend fun serve(address: InetSocketAddress) {
        val prefix = settings().prefix
        withBackend { backend ->
            coroutineScope {
                backend.snapshotReader(this, interval).use { reader ->
                    // A wrong password or a queue that is not installed is an error now, and not a gap in a chart.
                    reader.read()
                    val registry = PrometheusMeterRegistry(PrometheusConfig.DEFAULT)
                    QueueMetrics(reader) { this.prefix = prefix }.use { metrics ->
                        metrics.bindTo(registry)
                        MetricsServer(address, endpoint.portOption, registry::scrape).use { server ->
                            echo("serving metrics at ${server.url}", err = true)
                            awaitCancellation()
                        }
                    }
                }
            }
        }
    }

    private companion object {
        const val DEFAULT_PORT = 9187
    }
}
