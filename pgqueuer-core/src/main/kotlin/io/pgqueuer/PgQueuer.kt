package io.pgqueuer

import io.pgqueuer.domain.SchemaException
import io.pgqueuer.domain.StoreClosedException
import io.pgqueuer.domain.StoreUnavailableException
import io.pgqueuer.engine.Registrations
import io.pgqueuer.engine.Worker
import io.pgqueuer.port.Backend
import kotlinx.coroutines.Job
import kotlinx.coroutines.currentCoroutineContext
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * A worker: a backend and the handlers of its entrypoints and schedules. Made by [pgQueuer]; fixed once made.
 *
 * Delivery is at-least-once: a job runs again when its worker dies or loses its lease before the outcome is written.
 */
public class PgQueuer internal constructor(
    public val backend: Backend,
    private val registered: Registrations,
) {
    private val running = AtomicReference<Worker?>(null)

    /** Whether a shutdown was asked for while the worker did not run. */
    private val stopFirst = AtomicBoolean()

    /** A producer's view of the same backend. */
    public val queue: JobQueue = backend.queue

    /**
     * Works the queue; suspends until [shutdown], until the caller is cancelled, or, with [RunMode.DRAIN], until there
     * is nothing left to do.
     *
     * On [shutdown] handlers may end within [RunOptions.shutdownTimeout]; then, and at once when the caller is
     * cancelled, they are cancelled and their jobs given back. Either way, outcomes are written before it returns.
     *
     * It returns within [RunOptions.shutdownTimeout] and 15 s more, whatever the store and the handlers do. What could
     * not be written by then is logged; those jobs run again when their lease expires.
     *
     * @throws SchemaException if the store is not prepared.
     * @throws StoreUnavailableException if the store cannot be reached at the start; later failures are retried.
     * @throws StoreClosedException if the backend is closed, before or during the run.
     * @throws IllegalStateException if this worker runs already, or if a part of it failed beyond repair; the cause tells.
     */
    public suspend fun run(options: RunOptions = RunOptions()): RunReport {
        val worker = Worker(backend, registered, options, currentCoroutineContext().minusKey(Job))
        check(running.compareAndSet(null, worker)) { "this worker runs already; make another one to run two at once" }
        try {
            if (stopFirst.getAndSet(false)) worker.stop.request()
            return worker.run()
        } finally {
            running.set(null)
        }
    }

    /**
     * Asks the worker to stop and returns at once. A second call skips the wait for handlers. When the worker does not
     * run, the request is remembered: its next run returns at once. Safe to call from any thread, also from a signal
     * handler.
     */
    public fun shutdown() {
        val worker = running.get()
        if (worker != null) return worker.stop.request()
        stopFirst.set(true)
        // A run may have begun meanwhile, and looked before.
        running.get()?.let { if (stopFirst.getAndSet(false)) it.stop.request() }
    }

    /**
     * Sends a notification and tells whether it comes back to this worker's own listener within [timeout] (default
     * 5 s): for a health check. False when this worker does not run, or the store cannot be reached, or its last claim or
     * renewal of leases failed or is overdue.
     *
     * A worker whose notifications fail still works, by polling.
     *
     * @throws IllegalArgumentException if [timeout] is not positive.
     */
    public suspend fun listenerHealthy(timeout: Duration = 5.seconds): Boolean {
        require(timeout.isPositive()) { "timeout must be > 0, was $timeout" }
        return running.get()?.listenerHealthy(timeout) ?: false
    }

    /** Where the adapters put their factories: `PgQueuer.inMemory()`, `PgQueuer.postgres(…)`. */
    public companion object
}
