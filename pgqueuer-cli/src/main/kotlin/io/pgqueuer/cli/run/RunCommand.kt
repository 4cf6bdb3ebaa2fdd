package io.pgqueuer.cli.run

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.arguments.multiple
import com.github.ajalt.clikt.parameters.groups.provideDelegate
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.multiple
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.enum
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.micrometer.prometheusmetrics.PrometheusConfig
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry
import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.WorkerObserver
import io.pgqueuer.cli.Logging
import io.pgqueuer.cli.PgqCommand
import io.pgqueuer.cli.metrics.EndpointOptions
import io.pgqueuer.cli.metrics.MetricsServer
import io.pgqueuer.cli.withStopSignals
import io.pgqueuer.micrometer.WorkerMetrics
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import org.slf4j.Logger
import org.slf4j.LoggerFactory
import sun.misc.Signal

internal class RunCommand :
    PgqCommand(
        "run",
        "Run a worker. SIGTERM, SIGINT and SIGHUP stop it: it waits for its handlers. A second signal does not wait.",
        examples = listOf(
            "pgq run com.example.WorkersKt::mail -cp 'build/app.jar:lib/*'",
            "pgq run com.example.WorkersKt::mail --mode drain --batch-size 50 -- europe",
            "pgq run com.example.WorkersKt::mail --metrics-port 9188",
        ),
    ) {
    private val factory by argument()
        .help("the function that makes the worker of a Backend: package.FileKt::function or package.Class::method")
    private val arguments by argument("ARGS").multiple().help("passed to the factory; put them after --")
    private val classPath by option("-cp", "--class-path", metavar = "path").multiple()
        .help("where the classes of the factory are: folders, jars, or dir/* for the jars of a folder")
    private val workers by option().int().restrictTo(min = 1).default(1)
        .help("how many workers to run, each with the worker options below (default: 1)")
    private val logFormat by option().enum<LogFormat> { it.name.lowercase() }.default(LogFormat.TEXT)
        .help("write messages as lines of text, or as one JSON object on each line (default: text)")
    private val options by RunOptionGroup()
    private val metrics by EndpointOptions("metrics-")

    override suspend fun run() {
        val options = options.options()
        if (logFormat == LogFormat.JSON) writeJson()
        classLoader(classPath).use { loader ->
            // The factory and the worker's handlers, schedules and observers get it from this thread.
            Thread.currentThread().contextClassLoader = loader
            val made = WorkerFactory.load(factory, loader)
            serving { observer ->
                withBackend({ observer?.let(::observe) }) { backend ->
                    val group = WorkerGroup(List(workers) { made.make(backend, arguments) })
                    say(reportLine(runUntilStopped(group, options)))
                }
            }
        }
    }

    private fun writeJson() {
        Logging.configurationFile?.let {
            throw usageError(
                "--log-format json does not work with -Dlogback.configurationFile=$it, which sets the format: " +
                    "leave out one of them",
            )
        }
        Logging.writeJson()
    }

    /** Runs [block] with what counts for the metrics, and serves them meanwhile; with null if they are not asked for. */
    private suspend fun serving(block: suspend (WorkerObserver?) -> Unit) {
        val address = metrics.address() ?: return block(null)
        val registry = PrometheusMeterRegistry(PrometheusConfig.DEFAULT)
        MetricsServer(address, metrics.portOption, registry::scrape).use { server ->
            say("serving metrics at ${server.url}")
            block(WorkerMetrics(registry))
        }
    }

    private suspend fun runUntilStopped(group: WorkerGroup, options: RunOptions): RunReport =
        withStopSignals(::warnOfIgnored) { signals ->
            coroutineScope {
                // Undispatched: the workers run before the first signal is received, so that they can be told to stop.
                val run = async(start = CoroutineStart.UNDISPATCHED) { group.run(options) }
                val stopper = launch {
                    for (signal in signals) {
                        say("SIG${signal.name}: stopping; send it again not to wait for handlers")
                        group.shutdown()
                    }
                }
                run.await().also { stopper.cancelAndJoin() }
            }
        }

    /** Says something on stderr, in the format of the log. */
    private fun say(text: String) {
        if (logFormat == LogFormat.JSON) log.info(text) else echo(text, err = true)
    }

    /** Who starts a worker by nohup wants SIGHUP to be ignored. */
    private fun warnOfIgnored(signal: Signal) {
        if (signal.name != "HUP") {
            say("SIG${signal.name} is ignored, because this process was started so; stop it with SIGTERM")
        }
    }

    private fun reportLine(report: RunReport) = with(report) {
        "succeeded $succeeded, failed $failed, held $held, retried $retried, released $released, " +
            "canceled $canceled, leases lost $leasesLost, schedules run $schedulesRun, schedules failed $schedulesFailed"
    }

    private enum class LogFormat { TEXT, JSON }

    private companion object {
        val log: Logger = LoggerFactory.getLogger("io.pgqueuer.cli")
    }
}
