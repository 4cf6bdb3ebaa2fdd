package io.pgqueuer.conformance

import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Instant

/** A clock that stands still until it is moved. */
class ManualClock(start: Instant = Instant.parse("2026-11-20T14:00:00Z")) : Clock {
    @Volatile
    private var now = start

    override fun now(): Instant = now

    fun advance(duration: Duration) {
        now += duration
    }
}
