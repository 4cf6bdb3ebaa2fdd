package io.pgqueuer

import kotlin.time.Duration

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
