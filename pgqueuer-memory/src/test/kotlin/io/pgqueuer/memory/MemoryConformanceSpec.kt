package io.pgqueuer.memory

import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.conformance.AdapterHarness
import io.pgqueuer.conformance.ConformanceSpec
import io.pgqueuer.conformance.ManualClock
import kotlin.time.Duration

class MemoryConformanceSpec : ConformanceSpec(MemoryHarness())

private class MemoryHarness : AdapterHarness {
    private val clock = ManualClock()

    override suspend fun backend(): StoreBackend = inMemoryBackend(clock)

    override suspend fun advance(duration: Duration) = clock.advance(duration)
}
