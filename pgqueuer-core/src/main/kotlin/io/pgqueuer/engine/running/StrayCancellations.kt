package io.pgqueuer.engine.running

import io.pgqueuer.RetryPolicy
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.TimeoutCancellationException
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/**
 * Cancellations that leave a handler although its worker did not order them. For example, a scope that the handler used
 * or a `Deferred` that it awaited was cancelled.
 *
 * They say nothing about the job, so the run does not count and the job is given back. Before that the job pauses, and
 * the pause grows each time this happens in this worker. Otherwise a handler that is always cancelled would run in a
 * tight loop.
 *
 * A [TimeoutCancellationException] is not a stray cancellation: if the handler's own `withTimeout` expires, that is an
 * ordinary failure.
 */
internal class StrayCancellations(
    private val random: Random,
) {
    // The oldest jobs are forgotten. Their next pause is short again.
    private val counts = object : LinkedHashMap<Any, Int>() {
        override fun removeEldestEntry(eldest: MutableMap.MutableEntry<Any, Int>) = size > MAX_KNOWN
    }

    /** How long the job or schedule with this id must pause after this cancellation. */
    @Synchronized
    fun restAfter(id: Any, failure: Throwable): Duration {
        val times = counts.merge(id, 1, Int::plus) ?: 1
        return rests.delayAfter(failure, times, random) ?: Duration.ZERO
    }

    companion object {
        fun isStray(failure: Throwable?): Boolean =
            failure is CancellationException && failure !is TimeoutCancellationException

        private const val MAX_KNOWN = 10_000
        private val rests = RetryPolicy.exponential(Int.MAX_VALUE, initialDelay = 1.seconds, maxDelay = 5.minutes)
    }
}

/** Thrown by a handler to give its job back at once, as if it had not been claimed. */
internal class GiveBackException(
    message: String,
) : RuntimeException(message)
