package io.pgqueuer.engine.running

import io.pgqueuer.RetryPolicy
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.TimeoutCancellationException
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/**
 * Cancellations that leave a handler although its worker did not order them: a scope that the handler used was cancelled,
 * or an awaited `Deferred`.
 *
 * They say nothing about the job, so its run does not count: the job is given back. It rests before that, longer each
 * time that it happens here, so that a handler which does so every time does not spin.
 *
 * A [TimeoutCancellationException] is none of them: a handler's own `withTimeout` that is over is a failure like any
 * other.
 */
internal class StrayCancellations(
    private val random: Random,
) {
    // The oldest jobs are forgotten: their next rest is short again.
    private val counts = object : LinkedHashMap<Any, Int>() {
        override fun removeEldestEntry(eldest: MutableMap.MutableEntry<Any, Int>) = size > MAX_KNOWN
    }

    /** How long a job or schedule, told by its id, is to rest after this cancellation. */
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

/** A handler throws it to give its job back at once, as if it had not been claimed. */
internal class GiveBackException(
    message: String,
) : RuntimeException(message)
