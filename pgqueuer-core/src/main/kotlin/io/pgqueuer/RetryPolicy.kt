package io.pgqueuer

import kotlin.math.pow
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

/** Decides whether a job that failed runs again, and when. */
public fun interface RetryPolicy {
    /**
     * Returns how long to wait before the next run, or null for no retry.
     *
     * A negative delay means none, and a delay above [NewJob.MAX_DELAY] means that maximum. If the policy itself
     * throws, the job fails without a retry, and the record has both failures.
     *
     * @param failure what the handler threw.
     * @param attempt the number of the run that failed, 1 for the first.
     * @param random the source of jitter.
     */
    public fun delayAfter(failure: Throwable, attempt: Int, random: Random): Duration?

    public companion object {
        /** Never retries. */
        public val NONE: RetryPolicy = RetryPolicy { _, _, _ -> null }

        /**
         * Retries any failure until the job has run five times: after 10 s, 50 s, 4 min and 21 min, each shortened or
         * lengthened at random by up to 20 %. Its last run is about 26 minutes after its first. The default of
         * [EntrypointOptions.retry].
         */
        public val DEFAULT: RetryPolicy = exponential(maxAttempts = 5, initialDelay = 10.seconds, factor = 5.0)

        /**
         * Retries until the job has run [maxAttempts] times, each time after [delay].
         *
         * @param maxAttempts the most runs, the first one included.
         * @param delay the wait between two runs.
         * @param jitter by which part of itself each wait is at most shortened or lengthened at random; default none.
         * @param retryOn which failures to retry; default all.
         * @throws IllegalArgumentException if a value is out of its bounds.
         */
        public fun fixed(
            maxAttempts: Int,
            delay: Duration,
            jitter: Double = 0.0,
            retryOn: (Throwable) -> Boolean = { true },
        ): RetryPolicy {
            require(!delay.isNegative() && delay.isFinite()) { "delay must be >= 0 and finite, was $delay" }
            // Twice the delay, so that the maximum cuts off no jitter.
            return exponential(maxAttempts, delay, factor = 1.0, maxDelay = delay * 2, jitter, retryOn)
        }

        /**
         * Retries until the job has run [maxAttempts] times. It waits [initialDelay] after the first failure, and
         * [factor] times longer after each further one, at most [maxDelay]. Each wait is shortened or lengthened at
         * random by up to [jitter] of itself.
         *
         * @param maxAttempts the most runs, the first one included.
         * @param retryOn which failures to retry; default all.
         * @throws IllegalArgumentException if a value is out of its bounds.
         */
        public fun exponential(
            maxAttempts: Int,
            initialDelay: Duration = 1.seconds,
            factor: Double = 2.0,
            maxDelay: Duration = 1.hours,
            jitter: Double = 0.2,
            retryOn: (Throwable) -> Boolean = { true },
        ): RetryPolicy {
            require(maxAttempts >= 1) { "maxAttempts must be >= 1, was $maxAttempts" }
            require(!initialDelay.isNegative()) { "initialDelay must be >= 0, was $initialDelay" }
            require(factor >= 1.0 && factor.isFinite()) { "factor must be >= 1 and finite, was $factor" }
            require(maxDelay >= initialDelay) { "maxDelay must be >= initialDelay ($initialDelay), was $maxDelay" }
            require(maxDelay.isFinite()) { "maxDelay must be finite, was $maxDelay" }
            require(jitter in 0.0..1.0) { "jitter must be between 0 and 1, was $jitter" }
            return RetryPolicy { failure, attempt, random ->
                if (attempt >= maxAttempts || !retryOn(failure)) {
                    null
                } else {
                    // A power beyond Double is infinite, and zero times infinity is no duration.
                    val growth = factor.pow(attempt - 1).coerceAtMost(Double.MAX_VALUE)
                    val planned = (initialDelay * growth).coerceAtMost(maxDelay)
                    val spread = 1.0 + jitter * (2 * random.nextDouble() - 1)
                    (planned * spread).coerceAtMost(maxDelay)
                }
            }
        }
    }
}

/**
 * Throw this in a handler to run its job again, with one attempt more.
 *
 * It is always obeyed, whatever the entrypoint's [RetryPolicy] says, and without a limit.
 *
 * @property delay how long to wait; default none, at most [NewJob.MAX_DELAY].
 * @property reason kept in the job's log, cut to 64 KiB.
 * @throws IllegalArgumentException if [delay] is out of its bounds.
 */
public class RetryRequested(
    public val delay: Duration = Duration.ZERO,
    public val reason: String? = null,
    cause: Throwable? = null,
) : RuntimeException(reason ?: "retry requested", cause) {
    init {
        require(delay in Duration.ZERO..NewJob.MAX_DELAY) {
            "delay must be >= 0 and at most ${NewJob.MAX_DELAY}, was $delay"
        }
    }
}
