package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.arguments.multiple
import com.github.ajalt.clikt.parameters.groups.provideDelegate
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.multiple
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.Worker
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import sun.misc.Signal

internal class RunCommand :
    PgqCommand(
        "run",
        "Run a worker. SIGTERM, SIGINT and SIGHUP stop it: it waits for its handlers. A second signal does not wait.",
    ) {
    private val factory by argument()
        .help("the function that makes the worker of a Backend: package.FileKt::function or package.Class::method")
    private val arguments by argument("ARGS").multiple().help("passed to the factory; put them after --")
    private val classPath by option("-cp", "--class-path", metavar = "path").multiple()
        .help("where the classes of the factory are: folders, jars, or dir/* for the jars of a folder")
    private val options by RunOptionGroup()

    override suspend fun run() {
        val options = options.options()
        classLoader(classPath).use { loader ->
            // The factory and the worker's handlers, schedules and observers get it from this thread.
            Thread.currentThread().contextClassLoader = loader
            val workers = WorkerFactory.load(factory, loader)
            withBackend { backend ->
                val report = runUntilStopped(workers.make(backend, arguments), options)
                echo(reportLine(report), err = true)
            }
        }
    }

    private suspend fun runUntilStopped(worker: Worker, options: RunOptions): RunReport =
        withStopSignals(::warnOfIgnored) { signals ->
            coroutineScope {
                // Undispatched: the worker runs before the first signal is received, so that it can be told to stop.
                val run = async(start = CoroutineStart.UNDISPATCHED) { worker.run(options) }
                val stopper = launch {
                    for (signal in signals) {
                        echo("SIG${signal.name}: stopping; send it again not to wait for handlers", err = true)
                        worker.shutdown()
                    }
                }
                run.await().also { stopper.cancelAndJoin() }
            }
        }

    /** Who starts a worker by nohup wants SIGHUP to be ignored. */
    private fun warnOfIgnored(signal: Signal) {
        if (signal.name != "HUP") {
            echo("SIG${signal.name} is ignored, because this process was started so; stop it with SIGTERM", err = true)
        }
    }

    private fun reportLine(report: RunReport) = with(report) {
        "succeeded $succeeded, failed $failed, held $held, retried $retried, released $released, " +
            "canceled $canceled, leases lost $leasesLost, schedules run $schedulesRun, schedules failed $schedulesFailed"
    }
}
