package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.ActiveWorker
import io.pgqueuer.Backlog
import io.pgqueuer.HeldJob
import io.pgqueuer.Insights
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.LogEntry
import io.pgqueuer.LogFilter
import io.pgqueuer.LogLevel
import io.pgqueuer.OldestTransaction
import io.pgqueuer.Pause
import io.pgqueuer.QueueSize
import io.pgqueuer.RunTimes
import io.pgqueuer.StoredJob
import io.pgqueuer.TableSize
import io.pgqueuer.Throughput
import io.pgqueuer.ThroughputStep
import io.pgqueuer.ViewTimeoutException
import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.requireLimit
import io.pgqueuer.requireSpan
import io.pgqueuer.requireStep
import java.sql.Connection
import java.sql.SQLException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/**
 * Each view is one statement, and so one snapshot; [backlog] may need two. All but [backlog], [throughput],
 * [throughputHistory], [lastStatuses] and [inQueue] see the changes of the caller's transaction.
 *
 * @param timeout after which the server ends a view.
 */
internal class PostgresInsights(
    names: Names,
    private val transactions: Transactions,
    private val timeout: Duration = 10.seconds,
) : Insights {
    private val queue = QueueViews(names)
    private val log = LogViews(names)
    private val throughput = ThroughputView(names)
    private val tables = TableSizes(names)
    private val backlog = BacklogView(names)
    private val pauses = PauseView(names)
    private val oldest = TransactionView()
    private val payloads = PayloadSearch(names)

    /** To compile a view takes longer than to run it. Its costs look high if the planner's statistics are wrong. */
    private val always =
        listOf(setting("statement_timeout", "${timeout.inWholeMilliseconds}"), setting("jit", "off"))

    override suspend fun job(id: JobId): StoredJob? = view(BY_INDEXES) { queue.job(it, id) }

    override suspend fun log(id: JobId, limit: Int): List<LogEntry> {
        requireLimit(limit)
        return view(BY_INDEXES) { log.entries(it, id, limit) }
    }

    override suspend fun inQueue(ids: Collection<JobId>): Set<JobId> {
        if (ids.isEmpty()) return emptySet()
        return transactions.own { queue.present(it, ids) }
    }

    override suspend fun lastStatuses(ids: Collection<JobId>): Map<JobId, JobStatus> {
        if (ids.isEmpty()) return emptyMap()
        return transactions.own { log.lastStatuses(it, ids) }
    }

    override suspend fun logLevel(): LogLevel = transactions.own(log::level)

    override suspend fun backlog(): List<Backlog> = bounded(BY_INDEXES, backlog::run)

    override suspend fun pauses(): List<Pause> = view(block = pauses::run)

    override suspend fun queueSize(): List<QueueSize> = view(block = queue::size)

    override suspend fun jobs(filter: JobFilter, limit: Int, after: JobId?): List<StoredJob> {
        requireLimit(limit)
        return if (filter.payloadValues.isEmpty()) {
            view(BY_INDEXES) { queue.matching(it, filter, limit, after) }
        } else {
            searching { connection, mayGoOn -> payloads.matching(connection, filter, limit, after, mayGoOn) }
        }
    }

    override suspend fun countJobs(filter: JobFilter, atMost: Int): Int {
        requireLimit(atMost)
        return if (filter.payloadValues.isEmpty()) {
            view(BY_INDEXES) { queue.countMatching(it, filter, atMost) }
        } else {
            searching { connection, mayGoOn -> payloads.count(connection, filter, atMost, mayGoOn) }
        }
    }

    override suspend fun logEntries(filter: LogFilter, limit: Int, before: Long?, after: Long?): List<LogEntry> {
        requireLimit(limit)
        return view(BY_INDEXES) { log.newest(it, filter, limit, before, after) }
    }

    override suspend fun throughput(window: Duration, atMost: Int): List<Throughput> {
        requireSpan("window", window)
        requireLimit(atMost)
        return bounded(BY_INDEXES) { throughput.throughput(it, window, atMost) }
    }

    override suspend fun throughputHistory(window: Duration, step: Duration, atMost: Int): List<ThroughputStep> {
        val seconds = requireStep(window, step)
        requireLimit(atMost)
        return bounded(BY_INDEXES) { throughput.history(it, window, seconds, atMost) }
    }

    override suspend fun runTimes(window: Duration, atMost: Int): List<RunTimes> {
        requireSpan("window", window)
        requireLimit(atMost)
        return view(BY_INDEXES) { log.runTimes(it, window, atMost) }
    }

    override suspend fun activeWorkers(): List<ActiveWorker> = view(BY_INDEXES, queue::workers)

    override suspend fun staleJobs(heartbeatAge: Duration, limit: Int): List<StoredJob> {
        requireSpan("heartbeatAge", heartbeatAge)
        requireLimit(limit)
        return view(BY_INDEXES) { queue.stale(it, heartbeatAge, limit) }
    }

    override suspend fun heldJobs(limit: Int, after: JobId?, entrypoint: String?): List<HeldJob> {
        requireLimit(limit)
        return view(BY_INDEXES) { queue.held(it, limit, after, entrypoint) }
    }

    override suspend fun heldCounts(): Map<String, Long> = view(BY_INDEXES, queue::heldCounts)

    override suspend fun tableSizes(): List<TableSize> = view(block = tables::run)

    override suspend fun oldestTransaction(): OldestTransaction? = view(block = oldest::run)

    /** Runs a view of many statements, which together may take as long as one. */
    private suspend fun <T> searching(block: (Connection, goOn: () -> Unit) -> T): T = view(BY_INDEXES) { connection ->
        val started = TimeSource.Monotonic.markNow()
        block(connection) { if (started.elapsedNow() > timeout) throw timedOut() }
    }

    /** Runs [block] in the caller's transaction if there is one, otherwise bounded, with [settings]. */
    private suspend fun <T> view(settings: List<String> = emptyList(), block: (Connection) -> T): T =
        if (transactions.isInCallersTransaction()) transactions.joining(block) else bounded(settings, block)

    /** Runs [block] in a transaction of its own with [settings], whose statements the server ends after [timeout]. */
    private suspend fun <T> bounded(settings: List<String>, block: (Connection) -> T): T =
        transactions.own { connection ->
            connection.query((always + settings).joinToString(prefix = "SELECT ")) { }
            try {
                block(connection)
            } catch (e: SQLException) {
                if (e.sqlState != QUERY_CANCELED) throw e
                throw timedOut(e)
            }
        }

    private fun timedOut(cause: Throwable? = null) = ViewTimeoutException(
        "the server ended a view of the queue after $timeout; ask for a shorter window or a lower limit",
        cause,
    )

    private companion object {
        const val QUERY_CANCELED = "57014"
    }
}
