package io.pgqueuer.engine

import io.pgqueuer.Backend
import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.Worker
import io.pgqueuer.WorkerDefinition
import io.pgqueuer.port.Store
import kotlinx.coroutines.Job
import kotlinx.coroutines.currentCoroutineContext
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration

/** The worker of a [store]. Handlers see [backend]. */
internal class StoreWorker(
    override val backend: Backend,
    private val store: Store,
    private val definition: WorkerDefinition,
) : Worker {
    private val running = AtomicReference<WorkerRuns?>(null)

    /** Whether a shutdown was requested while the worker was not running. */
    private val stopFirst = AtomicBoolean()

    override suspend fun run(options: RunOptions): RunReport {
        val caller = currentCoroutineContext().minusKey(Job)
        val runs = WorkerRuns(options.restartOnFailure, store.runtime(caller).timeSource) {
            WorkerRun(backend, store, definition, options, caller)
        }
        check(running.compareAndSet(null, runs)) { "this worker runs already; make another one to run two at once" }
        try {
            if (stopFirst.getAndSet(false)) runs.requestStop()
            return runs.run()
        } finally {
            running.set(null)
        }
    }

    override fun shutdown() {
        val runs = running.get()
        if (runs != null) return runs.requestStop()
        stopFirst.set(true)
        // A run may have started since and missed the request.
        running.get()?.let { if (stopFirst.getAndSet(false)) it.requestStop() }
    }

    override suspend fun listenerHealthy(timeout: Duration): Boolean {
        require(timeout.isPositive()) { "timeout must be > 0, was $timeout" }
        return running.get()?.listenerHealthy(timeout) ?: false
    }
}
