package io.pgqueuer.exposed.internal

import io.pgqueuer.domain.NewJob
import kotlin.time.Duration
import kotlin.time.Duration.Companion.microseconds

/** PostgreSQL counts time in microseconds: a wait is never cut short, and never longer than it can add to a date. */
internal fun Duration.toMicros(): Long {
    val bounded = coerceIn(Duration.ZERO, NewJob.MAX_DELAY)
    val micros = bounded.inWholeMicroseconds
    return if (micros.microseconds < bounded) micros + 1 else micros
}
