package io.pgqueuer.memory

import io.pgqueuer.Pause
import io.pgqueuer.PauseOptions
import io.pgqueuer.port.PauseRepository

internal class MemoryPauses(private val store: MemoryDatabase) : PauseRepository {
    override suspend fun pause(entrypoint: String?, options: PauseOptions): Pause = store.transaction {
        pauses.put(entrypoint, options.endFrom(now), options.reason, now).also { pausesChanged() }
    }

    override suspend fun resume(entrypoint: String?): Boolean = store.transaction {
        pauses.remove(entrypoint, now).also { if (it) pausesChanged() }
    }
}
