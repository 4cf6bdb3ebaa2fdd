package io.pgqueuer.engine.threads

import io.pgqueuer.port.EngineRuntime
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext

/**
 * Cancels handlers, on threads that may block: what a handler has registered with `invokeOnCancellation`, or a future's
 * dependent, runs on the thread that cancels it.
 *
 * One that blocks keeps no other cancellation waiting, and none of the threads that renew leases.
 *
 * @property timers where coroutines wait for the time at which to cancel a handler.
 */
internal class Cancellations private constructor(
    val timers: CoroutineContext,
    private val starters: Starters<() -> Unit>?,
) {
    /** Runs [cancel], which cancels a handler, now or soon. */
    fun run(cancel: () -> Unit) = if (starters == null) cancel() else starters.handOver(cancel)

    companion object {
        /** More than a process can have, and so no bound. As many threads are used as cancellations block at once. */
        private const val ANY_NUMBER = 1_000_000

        /** At once, on the caller's thread: for virtual time, one step after another. */
        val IN_CALLER = Cancellations(EmptyCoroutineContext, null)

        /** A timer needs no thread: it hands its cancellation over, on the thread that ends delays. */
        val ON_THREADS = Cancellations(
            Dispatchers.Unconfined,
            Starters(CoroutineScope(Dispatchers.IO.limitedParallelism(ANY_NUMBER, "pgqueuer-cancel"))) { it() },
        )
    }
}

/** How handlers are cancelled in this runtime: under virtual time in place, otherwise on threads that may block. */
internal val EngineRuntime.cancellations: Cancellations
    get() = if (isInCaller) Cancellations.IN_CALLER else Cancellations.ON_THREADS
