package io.pgqueuer.memory

import io.pgqueuer.PgQueuer
import io.pgqueuer.conformance.AdapterHarness
import io.pgqueuer.conformance.ConformanceSpec
import io.pgqueuer.conformance.ManualClock
import io.pgqueuer.port.Backend
import kotlin.time.Duration

class MemoryConformanceSpec : ConformanceSpec(MemoryHarness())

private class MemoryHarness : AdapterHarness {
    private val clock = ManualClock()

    override suspend fun backend(): Backend = PgQueuer.inMemory(clock)

    override suspend fun advance(duration: Duration) = clock.advance(duration)
}
