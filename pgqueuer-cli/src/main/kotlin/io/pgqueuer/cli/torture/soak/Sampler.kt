package io.pgqueuer.cli.torture.soak

import io.pgqueuer.cli.torture.Crew
import io.pgqueuer.cli.torture.Trial
import io.pgqueuer.cli.torture.fault.Admin
import io.pgqueuer.cli.torture.record.rows
import io.pgqueuer.cli.torture.worker.Health
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import kotlin.time.Clock
import kotlin.time.Duration

/** Measures all quantities. [every] is how often the workers write their health. */
internal class Sampler(
    private val trial: Trial,
    private val crew: Crew,
    private val admin: Admin,
    private val every: Duration,
) {
    suspend fun sample(at: Duration): Sample = Sample(at, processes() + database())

    private suspend fun processes(): Map<Quantity, Long> = withContext(Dispatchers.IO) {
        buildMap {
            fun put(process: String, heap: Long, threads: Int) {
                put(Quantity(Kind.HEAP, process), heap)
                put(Quantity(Kind.THREADS, process), threads.toLong())
            }
            Health.measure().run { put(Quantity.PRODUCER, heap, threads) }
            crew.atWork.forEachIndexed { place, worker ->
                // A worker that no longer tells is not healthy, whatever it said before.
                val health = worker.record().health?.takeIf { Clock.System.now() - it.at < every * 3 }
                health?.run { put(Quantity.worker(place), heap, threads) }
            }
        }
    }

    private suspend fun database(): Map<Quantity, Long> {
        val insights = trial.backend.insights
        val tables = TABLES.zip(insights.tableSizes()) { kind, table -> kind to checkNotNull(table.bytes) }
        val heartbeat = insights.activeWorkers().maxOfOrNull { it.heartbeatAge } ?: Duration.ZERO
        trial.open.look()
        val others = listOf(
            Kind.CONNECTIONS to connections(),
            Kind.HEARTBEAT to heartbeat.inWholeMilliseconds,
            Kind.OPEN to trial.open.count,
        )
        return (tables + others).associate { (kind, value) -> Quantity(kind) to value }
    }

    /** Without the one that asks. */
    private suspend fun connections(): Long = admin.run { connection ->
        connection.rows(
            """
            SELECT count(*)
            FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
            """.trimIndent(),
        ) { it.getLong(1) }.single()
    }

    private companion object {
        /** In the order in which the insights list them. */
        val TABLES = listOf(Kind.QUEUE, Kind.LOG, Kind.STATISTICS, Kind.SCHEDULES)
    }
}
