package io.pgqueuer.exposed.internal.sql

import io.pgqueuer.NewJob
import java.sql.ResultSet
import kotlin.time.Duration
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Instant

/** SQL that tells the [interval] in microseconds, to be read by [micros]. */
internal fun microsOf(interval: String) = "(1000000 * extract(epoch FROM $interval))::bigint"

/** Reads how long ago something was; what began after this transaction did is not of the future. */
internal fun ResultSet.micros(column: Int): Duration = getLong(column).coerceAtLeast(0).microseconds

/** PostgreSQL counts time in microseconds: a wait is never cut short, and never longer than it can add to a date. */
internal fun Duration.toMicros(): Long {
    val bounded = coerceIn(Duration.ZERO, NewJob.MAX_DELAY)
    val micros = bounded.inWholeMicroseconds
    return if (micros.microseconds < bounded) micros + 1 else micros
}

internal fun Instant.microsSince1970(): Long = epochSeconds * 1_000_000 + nanosecondsOfSecond / 1_000
