package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.conformance.AdapterHarness
import io.pgqueuer.conformance.ManualClock
import io.pgqueuer.conformance.history.historyConformance
import io.pgqueuer.memory.inMemoryBackend
import kotlin.time.Duration

class MemoryLikePostgresSpec : FunSpec({
    include("memory and PostgreSQL:", historyConformance(reference = PostgresHarness(), harness = MemoryHarness()))
})

private class MemoryHarness : AdapterHarness {
    private val clock = ManualClock()

    override suspend fun backend(): StoreBackend = inMemoryBackend(clock)

    override suspend fun advance(duration: Duration) = clock.advance(duration)
}
