package io.pgqueuer.exposed.internal.maintenance

import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.port.LogMaintenance
import io.pgqueuer.port.PruneStep
import io.pgqueuer.port.requireLimit
import kotlin.time.Duration

/** Counts the log into the statistics and takes out of it what is old. */
internal class PostgresLogMaintenance(
    names: Names,
    private val engine: Transactions,
) : LogMaintenance {
    private val aggregate = AggregateStatement(names)
    private val prune = PruneStatement(names)

    override suspend fun aggregate(limit: Int): Int? {
        requireLimit(limit)
        return engine.own { aggregate.run(it, limit) }
    }

    override suspend fun prune(retention: Duration, after: Long, limit: Int): PruneStep {
        requireLimit(limit)
        return engine.own { prune.run(it, retention, after, limit) }
    }
}
