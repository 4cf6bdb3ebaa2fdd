package io.pgqueuer.engine.calls

import io.pgqueuer.RetryPolicy
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Growing waits between tries of an operation that fails because of the store. */
internal class Backoff(
    private val random: Random,
) {
    private var failures = 0

    fun reset() {
        failures = 0
    }

    fun next(failure: Throwable): Duration =
        checkNotNull(policy.delayAfter(failure, ++failures, random)) { "the backoff of the store gives up never" }

    private companion object {
        val policy = RetryPolicy.exponential(Int.MAX_VALUE, initialDelay = 50.milliseconds, maxDelay = 5.seconds)
    }
}
