package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.ActiveWorker
import io.pgqueuer.HeldJob
import io.pgqueuer.Insights
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.LogEntry
import io.pgqueuer.LogLevel
import io.pgqueuer.QueueSize
import io.pgqueuer.RunTimes
import io.pgqueuer.StoredJob
import io.pgqueuer.TableSize
import io.pgqueuer.Throughput
import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.requireLimit
import io.pgqueuer.requireSpan
import kotlin.time.Duration

/**
 * Each view is one statement, and so one snapshot. All but [lastStatuses] and [inQueue] see the changes of the caller's
 * transaction.
 */
internal class PostgresInsights(
    names: Names,
    private val transactions: Transactions,
) : Insights {
    private val queue = QueueViews(names)
    private val log = LogViews(names)
    private val tables = TableSizes(names)

    override suspend fun job(id: JobId): StoredJob? = transactions.joining { queue.job(it, id) }

    override suspend fun log(id: JobId): List<LogEntry> = transactions.joining { log.entries(it, id) }

    override suspend fun inQueue(ids: Collection<JobId>): Set<JobId> {
        if (ids.isEmpty()) return emptySet()
        return transactions.own { queue.present(it, ids) }
    }

    override suspend fun lastStatuses(ids: Collection<JobId>): Map<JobId, JobStatus> {
        if (ids.isEmpty()) return emptyMap()
        return transactions.own { log.lastStatuses(it, ids) }
    }

    override suspend fun logLevel(): LogLevel = transactions.own(log::level)

    override suspend fun queueSize(): List<QueueSize> = transactions.joining(queue::size)

    override suspend fun throughput(window: Duration): List<Throughput> {
        requireSpan("window", window)
        return transactions.joining { log.throughput(it, window) }
    }

    override suspend fun runTimes(window: Duration): List<RunTimes> {
        requireSpan("window", window)
        return transactions.joining { log.runTimes(it, window) }
    }

    override suspend fun activeWorkers(): List<ActiveWorker> = transactions.joining(queue::workers)

    override suspend fun staleJobs(heartbeatAge: Duration, limit: Int): List<StoredJob> {
        requireSpan("heartbeatAge", heartbeatAge)
        requireLimit(limit)
        return transactions.joining { queue.stale(it, heartbeatAge, limit) }
    }

    override suspend fun heldJobs(limit: Int, after: JobId?, entrypoint: String?): List<HeldJob> {
        requireLimit(limit)
        return transactions.joining { queue.held(it, limit, after, entrypoint) }
    }

    override suspend fun heldCounts(): Map<String, Long> = transactions.joining(queue::heldCounts)

    override suspend fun tableSizes(): List<TableSize> = transactions.joining(tables::run)
}
