package io.pgqueuer.memory

import io.pgqueuer.port.LimitRepository

internal class MemoryLimits(private val store: MemoryDatabase) : LimitRepository {
    override suspend fun declare(limits: Map<String, Int?>): String? = store.transaction {
        for ((entrypoint, limit) in limits) {
            if (limit == null) this.limits -= entrypoint else this.limits[entrypoint] = limit
        }
        null
    }
}
