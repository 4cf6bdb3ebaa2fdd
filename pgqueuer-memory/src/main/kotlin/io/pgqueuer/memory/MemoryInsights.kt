package io.pgqueuer.memory

import io.pgqueuer.ActiveWorker
import io.pgqueuer.Backlog
import io.pgqueuer.FailureRecord
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
import io.pgqueuer.Percentiles
import io.pgqueuer.QueueSize
import io.pgqueuer.RunTimes
import io.pgqueuer.StoredJob
import io.pgqueuer.TableSize
import io.pgqueuer.Throughput
import io.pgqueuer.ThroughputStep
import io.pgqueuer.requireLimit
import io.pgqueuer.requireSpan
import io.pgqueuer.requireStep
import kotlin.math.ceil
import kotlin.time.Duration
import kotlin.time.Instant

internal class MemoryInsights(private val store: MemoryDatabase) : Insights {
    override suspend fun job(id: JobId): StoredJob? = store.transaction { table[id]?.toJob() }

    override suspend fun log(id: JobId, limit: Int): List<LogEntry> {
        requireLimit(limit)
        return store.transaction { table.log.of(id).takeLast(limit) }
    }

    override suspend fun inQueue(ids: Collection<JobId>): Set<JobId> = store.transaction {
        ids.filterTo(HashSet()) { table[it] != null }
    }

    override suspend fun lastStatuses(ids: Collection<JobId>): Map<JobId, JobStatus> = store.transaction {
        buildMap { for (id in ids) table.log.lastOf(id)?.let { put(id, it.status) } }
    }

    override suspend fun logLevel(): LogLevel = store.transaction { properties.logLevel }

    override suspend fun backlog(): List<Backlog> = store.transaction {
        table.rows.groupBy { it.entrypoint }
            .map { (entrypoint, rows) ->
                val queued = rows.filter { it.status == JobStatus.QUEUED }
                val due = queued.filter { it.runAt <= now }
                Backlog(
                    entrypoint,
                    queued = queued.size.toLong(),
                    due = due.size.toLong(),
                    running = rows.count { it.status == JobStatus.PICKED }.toLong(),
                    held = rows.count { it.status == JobStatus.HELD }.toLong(),
                    overdue = now - (due.minOfOrNull { it.runAt } ?: now),
                    isEstimate = false,
                    slots = rows.count { it.status == JobStatus.PICKED && it.takesSlot }.toLong(),
                    concurrencyLimit = limits[entrypoint],
                )
            }
            .sortedBy(Backlog::entrypoint)
            .take(MOST_ENTRYPOINTS)
    }

    override suspend fun jobs(filter: JobFilter, limit: Int, after: JobId?): List<StoredJob> {
        requireLimit(limit)
        return store.transaction {
            table.rows.asSequence()
                .filter { (after == null || it.id > after) && matches(filter, it) }
                .take(limit)
                .map(Row::toJobWithoutPayload)
                .toList()
        }
    }

    override suspend fun countJobs(filter: JobFilter, atMost: Int): Int {
        requireLimit(atMost)
        return store.transaction { table.rows.asSequence().filter { matches(filter, it) }.take(atMost).count() }
    }

    override suspend fun logEntries(filter: LogFilter, limit: Int, before: Long?, after: Long?): List<LogEntry> {
        requireLimit(limit)
        return store.transaction {
            table.log.newest(before ?: Long.MAX_VALUE, after ?: Long.MIN_VALUE)
                .filter { filter.entrypoint == null || it.entrypoint == filter.entrypoint }
                .filter { filter.statuses.isEmpty() || it.status in filter.statuses }
                .filter { filter.priority == null || it.priority == filter.priority }
                .filter { entry -> filter.failure.let { it == null || entry.failure?.isOf(it) == true } }
                .take(limit)
                .toList()
        }
    }

    override suspend fun pauses(): List<Pause> = store.transaction { pauses.inEffect(now) }

    override suspend fun queueSize(): List<QueueSize> = store.transaction {
        table.rows
            .groupBy { Triple(it.entrypoint, it.status, it.priority) }
            .map { (group, rows) ->
                val (entrypoint, status, priority) = group
                val longestDue = if (status == JobStatus.QUEUED) rows.minOf { it.runAt } else now
                QueueSize(
                    entrypoint,
                    status,
                    priority,
                    rows.size.toLong(),
                    age = now - rows.minOf { it.created },
                    overdue = (now - longestDue).coerceAtLeast(Duration.ZERO),
                )
            }
            .sortedWith(
                compareBy(QueueSize::entrypoint, QueueSize::status).thenByDescending(QueueSize::priority),
            )
    }

    override suspend fun throughput(window: Duration, atMost: Int): List<Throughput> {
        requireSpan("window", window)
        requireLimit(atMost)
        return store.transaction {
            table.log.countsSince(now - window).entries
                .groupingBy { Throughput(it.key.entrypoint, it.key.status, count = 0) }
                .fold(0L) { sum, (_, count) -> sum + count }
                .map { (group, count) -> group.copy(count = count) }
                .sortedWith(compareBy(Throughput::entrypoint, Throughput::status))
        }
    }

    override suspend fun throughputHistory(window: Duration, step: Duration, atMost: Int): List<ThroughputStep> {
        val seconds = requireStep(window, step)
        requireLimit(atMost)
        return store.transaction {
            table.log.countsSince(now - window).entries
                .groupingBy { (key, _) ->
                    val start = Instant.fromEpochSeconds(key.second.floorDiv(seconds) * seconds)
                    ThroughputStep(start, key.entrypoint, key.status, count = 0)
                }
                .fold(0L) { sum, (_, count) -> sum + count }
                .map { (group, count) -> group.copy(count = count) }
                .sortedWith(compareBy(ThroughputStep::start, ThroughputStep::entrypoint, ThroughputStep::status))
        }
    }

    override suspend fun runTimes(window: Duration, atMost: Int): List<RunTimes> {
        requireSpan("window", window)
        requireLimit(atMost)
        return store.transaction {
            val start = now - window
            table.log.jobs().flatMap { log -> runsEndedSince(start, log) }
                .sortedByDescending { it.id }
                .take(atMost)
                .groupBy { it.entrypoint }
                .map { (entrypoint, runs) -> runTimes(entrypoint, runs) }
                .sortedBy(RunTimes::entrypoint)
        }
    }

    override suspend fun activeWorkers(): List<ActiveWorker> = store.transaction {
        table.rows
            .filter { it.status == JobStatus.PICKED }
            .groupBy { it.worker!! }
            .map { (worker, rows) -> ActiveWorker(worker, rows.size.toLong(), now - rows.minOf { it.heartbeat }) }
            .sortedWith(compareByDescending(ActiveWorker::jobs).thenBy { it.id.value })
    }

    override suspend fun staleJobs(heartbeatAge: Duration, limit: Int): List<StoredJob> {
        requireSpan("heartbeatAge", heartbeatAge)
        requireLimit(limit)
        return store.transaction {
            table.rows
                .filter { it.status == JobStatus.PICKED && now - it.heartbeat > heartbeatAge }
                .sortedWith(Row.HEARTBEAT_ORDER)
                .take(limit)
                .map(Row::toJobWithoutPayload)
        }
    }

    override suspend fun heldJobs(limit: Int, after: JobId?, entrypoint: String?): List<HeldJob> {
        requireLimit(limit)
        return store.transaction {
            val rows = table.heldAfter(after).filter { entrypoint == null || it.entrypoint == entrypoint }
            rows.take(limit).map { row ->
                val held = table.log.of(row.id).lastOrNull { it.status == JobStatus.HELD }
                HeldJob(row.toJobWithoutPayload(), held?.failure)
            }
        }
    }

    override suspend fun heldCounts(): Map<String, Long> = store.transaction {
        table.heldAfter(null).groupingBy(Row::entrypoint).fold(0L) { count, _ -> count + 1 }.toSortedMap()
    }

    override suspend fun tableSizes(): List<TableSize> = store.transaction {
        listOf(
            "pgqueuer" to table.rows.size,
            "pgqueuer_log" to table.log.size,
            "pgqueuer_statistics" to table.log.statisticsSize,
            "pgqueuer_schedules" to schedules.size,
            "pgqueuer_pauses" to pauses.size,
            "pgqueuer_limits" to limits.size,
        ).map { (name, rows) -> TableSize(name, rows.toLong(), deadRows = 0, bytes = null) }
    }

    override suspend fun oldestTransaction(): OldestTransaction? = null
}

private const val MOST_ENTRYPOINTS = 1_000

/** Whether [row] matches [filter], as the conditions of the PostgreSQL adapter have it. */
private fun Transaction.matches(filter: JobFilter, row: Row): Boolean = with(filter) {
    (status == null || row.status == status) &&
        (entrypoint == null || row.entrypoint == entrypoint) &&
        (priority == null || row.priority == priority) &&
        (workerId == null || (row.status == JobStatus.PICKED && row.worker == workerId)) &&
        (dedupeKey == null || row.dedupeKey == dedupeKey) &&
        minAge.let { it == null || now - row.created >= it } &&
        failure.let { it == null || (row.status == JobStatus.HELD && failedWith(it, row)) } &&
        headers.all { (name, value) -> row.header(name) == value } &&
        row.matchesPayload(this)
}

private fun Transaction.failedWith(type: String, row: Row): Boolean {
    val failure = table.log.of(row.id).lastOrNull { it.status == JobStatus.HELD }?.failure
    return failure?.isOf(type) == true
}

/** [type] is with or without its package. */
private fun FailureRecord.isOf(type: String) = this.type == type || this.type.split('.', '$').last() == type

private val ENDS = setOf(JobStatus.SUCCESSFUL, JobStatus.EXCEPTION, JobStatus.HELD)

/** A run that has ended. */
private class Run(
    val entrypoint: String,
    val id: Long,
    val time: Duration,
    val wait: Duration?,
)

/** The runs in the [log] of one job that ended at [start] or later. */
private fun runsEndedSince(start: Instant, log: List<LogEntry>): List<Run> = log.mapIndexedNotNull { index, end ->
    if (end.status !in ENDS || end.created < start) return@mapIndexedNotNull null
    val begin = log.subList(0, index).indexOfLast { it.status == JobStatus.PICKED }
    if (begin < 0) return@mapIndexedNotNull null
    val picked = log[begin].created
    val queued = log.subList(0, begin).lastOrNull { it.status == JobStatus.QUEUED }?.created
    Run(end.entrypoint, end.id, end.created - picked, queued?.let { picked - it })
}

private fun runTimes(entrypoint: String, runs: List<Run>) = RunTimes(
    entrypoint,
    runs.size.toLong(),
    runTime = percentiles(runs.map { it.time }),
    waitTime = runs.mapNotNull { it.wait }.takeIf { it.isNotEmpty() }?.let(::percentiles),
)

private fun percentiles(times: List<Duration>): Percentiles {
    val sorted = times.sorted()
    fun rank(percent: Int) = sorted[ceil(sorted.size * percent / 100.0).toInt() - 1]
    return Percentiles(rank(50), rank(95), rank(99))
}
