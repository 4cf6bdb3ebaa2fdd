package io.pgqueuer.exposed.internal.maintenance

import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.connection.Watchdog
import io.pgqueuer.exposed.internal.connection.translate
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.port.Maintenance
import io.pgqueuer.port.PruneStep
import io.pgqueuer.requireLimit
import java.sql.Connection
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration

/** Aggregates the log into the statistics, deletes old log rows, and vacuums the queue. */
internal class PostgresMaintenance(
    names: Names,
    private val engine: Transactions,
    private val description: String,
    watchdog: Watchdog,
    openDirectly: () -> Connection,
) : Maintenance {
    private val aggregate = AggregateStatement(names)
    private val prune = PruneStatement(names)
    private val vacuum = Vacuum(names, watchdog, openDirectly)

    override suspend fun aggregate(limit: Int): Int? {
        requireLimit(limit)
        return engine.own { aggregate.run(it, limit) }
    }

    override suspend fun prune(retention: Duration, after: Long, limit: Int): PruneStep {
        requireLimit(limit)
        return engine.own { prune.run(it, retention, after, limit) }
    }

    override suspend fun vacuum(): Boolean = try {
        vacuum.run()
    } catch (e: CancellationException) {
        throw e
    } catch (e: Exception) {
        throw translate(e, description) ?: e
    }
}
