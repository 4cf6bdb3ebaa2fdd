package io.pgqueuer.engine

import io.pgqueuer.PgQueuerException
import io.pgqueuer.RunReport
import io.pgqueuer.Worker
import io.pgqueuer.WorkerEvent
import io.pgqueuer.WorkerFailedException
import io.pgqueuer.engine.signals.StopSignal
import io.pgqueuer.failures.safeToString
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.withTimeoutOrNull
import org.slf4j.LoggerFactory
import kotlin.time.Duration
import kotlin.time.TimeSource

/**
 * One call of [Worker.run]: a run of the engine and, if it [restarts], another one each time the last one failed.
 *
 * @param make makes the next run.
 */
internal class WorkerRuns(
    private val restarts: Boolean,
    private val time: TimeSource,
    private val make: () -> WorkerRun,
) {
    /** What was asked for from outside. A run also stops itself, which does not concern the next one. */
    private val stop = StopSignal()
    private val lock = Any()
    private var current: WorkerRun? = null

    suspend fun run(): RunReport {
        val wait = RestartWait()
        var before: RunReport? = null
        while (true) {
            val run = next()
            val begun = time.markNow()
            try {
                return endOf(run).after(before)
            } catch (e: CancellationException) {
                throw e
            } catch (e: Exception) {
                if (!restarts || !RestartWait.helps(e) || stop.requested) throw e
                before = run.report().after(before)
                rest(run, e, wait.after(begun.elapsedNow()))
                if (stop.requested) throw e
            }
        }
    }

    /** Asks the worker to stop; see [Worker.shutdown]. */
    fun requestStop() {
        synchronized(lock) {
            stop.request()
            current?.stop?.request()
        }
    }

    suspend fun listenerHealthy(timeout: Duration): Boolean {
        val run = synchronized(lock) { current }
        return run != null && run.listenerHealthy(timeout)
    }

    private fun next(): WorkerRun = make().also { run ->
        synchronized(lock) {
            current = run
            if (stop.requested) run.stop.request()
            if (stop.immediate) run.stop.request()
        }
    }

    private suspend fun endOf(run: WorkerRun): RunReport = try {
        run.run()
    } finally {
        synchronized(lock) { current = null }
    }

    private suspend fun rest(run: WorkerRun, failure: Exception, wait: Duration) {
        // The messages of these say what to do. Of any other, the stack is needed.
        val isExplained = failure is PgQueuerException || failure is WorkerFailedException
        val stack = failure.takeUnless { isExplained }
        log.error("the worker failed; it is started again in {}: {}", wait, failure.safeToString(), stack)
        run.sendAfterEnd(WorkerEvent.RunFailed(run.id, failure, wait))
        withTimeoutOrNull(wait) { stop.awaitRequested() }
    }

    private fun RunReport.after(before: RunReport?): RunReport = if (before == null) this else before + this

    private companion object {
        val log = LoggerFactory.getLogger(Worker::class.java)
    }
}
