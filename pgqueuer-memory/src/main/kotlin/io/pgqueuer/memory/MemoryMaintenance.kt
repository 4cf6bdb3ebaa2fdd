package io.pgqueuer.memory

import io.pgqueuer.port.Maintenance
import io.pgqueuer.port.PruneStep
import kotlin.time.Duration

internal class MemoryMaintenance(private val store: MemoryDatabase) : Maintenance {
    override suspend fun aggregate(limit: Int): Int? = store.transaction { table.log.count(limit) }

    override suspend fun prune(retention: Duration, after: Long, limit: Int): PruneStep = store.transaction {
        val pruned = table.log.prune(
            after,
            limit,
            isOld = { now - it.created > retention },
            isKept = { table[it.jobId] != null },
        )
        PruneStep(pruned.deleted, pruned.last)
    }

    /** Nothing to do: a job that ended leaves nothing behind. */
    override suspend fun vacuum(): Boolean = true
}
