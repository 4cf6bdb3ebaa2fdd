@file:OptIn(ExperimentalCoroutinesApi::class)

package io.pgqueuer.engine.threads

import io.pgqueuer.port.EngineRuntime
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext

/**
 * Cancels handlers on threads that may block. A callback that a handler has registered with `invokeOnCancellation`, or
 * a dependent of a future, runs on the thread that cancels the handler.
 *
 * A callback that blocks delays no other cancellation, and blocks no thread that renews leases.
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
        /**
         * More than a process can have, so it is no limit. There are as many threads as cancellations that block at
         * once.
         */
        private const val ANY_NUMBER = 1_000_000

        /** At once, on the caller's thread: in virtual time, one step follows another. */
        val IN_CALLER = Cancellations(EmptyCoroutineContext, null)

        /** A timer needs no thread: the thread that ends delays hands its cancellation over. */
        val ON_THREADS = Cancellations(
            Dispatchers.Unconfined,
            Starters(CoroutineScope(Dispatchers.IO.limitedParallelism(ANY_NUMBER))) {
                it()
                true
            },
        )
    }
}

/** How handlers are cancelled in this runtime: directly under virtual time, otherwise on threads that may block. */
internal val EngineRuntime.cancellations: Cancellations
    get() = if (isInCaller) Cancellations.IN_CALLER else Cancellations.ON_THREADS
