package io.pgqueuer.exposed.internal.sql

import io.pgqueuer.NewJob
import java.sql.ResultSet
import kotlin.time.Duration
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Instant

/** SQL that converts the [interval] to microseconds, to be read by [micros]. */
internal fun microsOf(interval: String) = "(1000000 * extract(epoch FROM $interval))::bigint"

/** Reads how long ago something was; zero if it began after this transaction did. */
internal fun ResultSet.micros(column: Int): Duration = getLong(column).coerceAtLeast(0).microseconds

/** PostgreSQL counts in microseconds. A wait is never shortened, and never exceeds what can be added to a date. */
internal fun Duration.toMicros(): Long {
    val bounded = coerceIn(Duration.ZERO, NewJob.MAX_DELAY)
    val micros = bounded.inWholeMicroseconds
    return if (micros.microseconds < bounded) micros + 1 else micros
}

internal fun Instant.microsSince1970(): Long = epochSeconds * 1_000_000 + nanosecondsOfSecond / 1_000
