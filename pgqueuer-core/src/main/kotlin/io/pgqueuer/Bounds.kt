package io.pgqueuer

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * Returns [limit], the maximum number of rows to read.
 *
 * @throws IllegalArgumentException if it is below 1.
 */
@PgQueuerSpi
public fun requireLimit(limit: Int): Int = limit.also { require(it >= 1) { "limit must be >= 1, was $it" } }

/**
 * Returns [span], how far to look back or how old something must be.
 *
 * @throws IllegalArgumentException if it is not positive and finite.
 */
@PgQueuerSpi
public fun requireSpan(name: String, span: Duration): Duration = span.also {
    require(it.isPositive() && it.isFinite()) { "$name must be > 0 and finite, was $it" }
}

/**
 * Returns [step], the length of the steps of a [window], in seconds.
 *
 * @throws IllegalArgumentException if it is not a positive number of whole seconds, or if there are more than 1,000 steps.
 */
@PgQueuerSpi
public fun requireStep(window: Duration, step: Duration): Long {
    requireSpan("window", window)
    val seconds = step.inWholeSeconds
    require(seconds >= 1 && step == seconds.seconds) { "step must be a positive number of whole seconds, was $step" }
    require(window / step <= MOST_STEPS) {
        "window must have at most $MOST_STEPS steps, was $window with steps of $step; use longer steps"
    }
    return seconds
}

private const val MOST_STEPS = 1_000
