package io.pgqueuer.memory

import io.pgqueuer.PgQueuer
import io.pgqueuer.conformance.AdapterHarness
import io.pgqueuer.conformance.JobConformanceSpec
import io.pgqueuer.port.Backend
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Instant

class MemoryConformanceSpec : JobConformanceSpec(MemoryHarness())

private class MemoryHarness : AdapterHarness {
    private val clock = object : Clock {
        var now = Instant.parse("2026-11-20T14:00:00Z")

        override fun now() = now
    }

    override suspend fun backend(): Backend = PgQueuer.inMemory(clock)

    override suspend fun advance(duration: Duration) {
        clock.now += duration
    }
}
