@file:OptIn(InternalCoroutinesApi::class, ExperimentalCoroutinesApi::class)

package io.pgqueuer.simulation

import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Delay
import kotlinx.coroutines.DisposableHandle
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.InternalCoroutinesApi
import kotlinx.coroutines.Runnable
import kotlin.coroutines.CoroutineContext
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/** A process of a simulation: what runs on this dispatcher dies and stalls together. */
internal class Process(
    val name: String,
    private val steps: Steps,
) : CoroutineDispatcher(),
    Delay {
    private val ready = ArrayList<Runnable>()
    private var stalledUntil = Duration.ZERO

    var isDead = false
        private set

    /** How much its clock is ahead of the others' clocks. The store has its own. */
    var clockError: Duration = Duration.ZERO

    val clock: Clock = object : Clock {
        override fun now(): Instant = Instant.fromEpochSeconds(0) + steps.now + clockError
    }

    /** How many steps it could take now. */
    val runnable: Int get() = if (isDead || steps.now < stalledUntil) 0 else ready.size

    /** Whether it has had the time to learn which leases it has lost. */
    fun mustKnow(): Boolean = !isDead && steps.now >= maxOf(stalledUntil + NOTICES_WITHIN, steps.surprisedUntil)

    init {
        steps.add(this)
    }

    /** Ends it at once, as `kill -9` does: no step of it runs any more, not even a `finally`. */
    fun kill() {
        isDead = true
        ready.clear()
        steps.remove(this)
    }

    /** Stops it for [span], as SIGSTOP does. Its timers expire meanwhile. */
    fun stall(span: Duration) {
        stalledUntil = maxOf(stalledUntil, steps.now + span)
        // Otherwise, time might not stop at the end of the pause.
        steps.after(span.inWholeMilliseconds, this) { }
    }

    fun add(step: Runnable) {
        if (!isDead) ready += step
    }

    fun take(index: Int): Runnable = ready.removeAt(index)

    override fun dispatch(context: CoroutineContext, block: Runnable) = add(block)

    override fun scheduleResumeAfterDelay(timeMillis: Long, continuation: CancellableContinuation<Unit>) {
        val timer = steps.after(timeMillis, this) { with(continuation) { resumeUndispatched(Unit) } }
        continuation.invokeOnCancellation { timer.cancel() }
    }

    override fun invokeOnTimeout(timeMillis: Long, block: Runnable, context: CoroutineContext): DisposableHandle {
        val timer = steps.after(timeMillis, this, block)
        return DisposableHandle { timer.cancel() }
    }

    override fun toString(): String = name

    private companion object {
        /** After this time, a process that was stopped has noticed what it missed. */
        val NOTICES_WITHIN = 1.seconds
    }
}
