package io.pgqueuer

import kotlin.time.Duration
import kotlin.time.Instant

/**
 * Read-only views of the queue and its log. The store's clock decides what windows and ages mean.
 *
 * Each call throws [StoreUnavailableException] if the store cannot be reached. On PostgreSQL, the server ends a view that
 * takes longer than 10 s, so that it cannot hurt a busy queue; the call then throws [ViewTimeoutException]. That does not
 * apply to views within a transaction of the caller's.
 */
public interface Insights {
    /** Returns the job [id] while it is in the queue, null once it has ended. */
    public suspend fun job(id: JobId): StoredJob?

    /**
     * Returns the log of the job [id], oldest first: the newest [limit] entries of it, default all.
     *
     * @throws IllegalArgumentException if [limit] is below 1.
     */
    public suspend fun log(id: JobId, limit: Int = Int.MAX_VALUE): List<LogEntry>

    /** Returns those of [ids] that are in the queue, whatever their status. */
    public suspend fun inQueue(ids: Collection<JobId>): Set<JobId>

    /** Returns the last status of each of [ids], from the log. Jobs without a log entry are left out. */
    public suspend fun lastStatuses(ids: Collection<JobId>): Map<JobId, JobStatus>

    /** Returns the log level of the queue. */
    public suspend fun logLevel(): LogLevel

    /**
     * Returns what waits, runs and is held of each entrypoint, by entrypoint: at most 1,000 entrypoints. It reads little,
     * however long the queue is: numbers that would take long to count are estimates.
     */
    public suspend fun backlog(): List<Backlog>

    /** Returns what is paused: the whole queue first, then entrypoints by name. */
    public suspend fun pauses(): List<Pause>

    /** Counts the jobs in the queue by entrypoint, status and priority, highest first. Reads the whole queue. */
    public suspend fun queueSize(): List<QueueSize>

    /**
     * Returns the jobs that match [filter], by id: at most [limit] (default 100), those with ids above [after]. Payloads
     * are left out; [job] reads one job with its payload.
     */
    public suspend fun jobs(
        filter: JobFilter = JobFilter.ALL,
        limit: Int = DEFAULT_PAGE,
        after: JobId? = null,
    ): List<StoredJob>

    /** Counts the jobs that match [filter], but not further than [atMost] (default 10,000). */
    public suspend fun countJobs(filter: JobFilter, atMost: Int = MOST_COUNTED): Int

    /**
     * Returns entries of the log of all jobs that match [filter], newest first: at most [limit] (default 100), those with
     * ids below [before] and above [after].
     *
     * Ids are given when an entry is written, and entries are seen when their transaction commits. So an entry can
     * appear below others that were seen before.
     */
    public suspend fun logEntries(
        filter: LogFilter = LogFilter.ALL,
        limit: Int = DEFAULT_PAGE,
        before: Long? = null,
        after: Long? = null,
    ): List<LogEntry>

    /**
     * Counts how often jobs reached each status within the last [window], by entrypoint and status. It reads the
     * statistics, and the part of the log that is not counted yet. The window is exact to the second.
     *
     * If there are more than [atMost] (default 50,000) rows of either within the window, the counts are estimates from a
     * sample of at most half as many rows. A burst of a few seconds may then count far too much or too little. If no
     * worker of this library counts the log, or if there is much to count, that is soon so.
     *
     * @throws IllegalArgumentException if [window] is not positive and finite, or if [atMost] is below 1.
     */
    public suspend fun throughput(window: Duration, atMost: Int = MOST_ROWS): List<Throughput>

    /**
     * Counts as [throughput] does, for each [step] of the last [window], oldest first. Steps begin at multiples of
     * [step] since 1970, so the first and the last one may be incomplete. Steps in which nothing happened are left out.
     *
     * @throws IllegalArgumentException if [window] is not positive and finite, if [step] is not a positive number of whole
     * seconds, if [window] has more than 1,000 steps, or if [atMost] is below 1.
     */
    public suspend fun throughputHistory(
        window: Duration,
        step: Duration,
        atMost: Int = MOST_ROWS,
    ): List<ThroughputStep>

    /**
     * Returns how long runs took that ended or were held within the last [window], and how long they had waited, by
     * entrypoint. If there were more than [atMost] (default 10,000), only the newest are read, so that a busy queue is
     * not hurt. For the same reason, only the newest entries of the log are searched: ten for each of [atMost].
     *
     * @throws IllegalArgumentException if [window] is not positive and finite.
     */
    public suspend fun runTimes(window: Duration, atMost: Int = MOST_RUNS): List<RunTimes>

    /** Returns the workers that hold jobs, those with the most jobs first. */
    public suspend fun activeWorkers(): List<ActiveWorker>

    /**
     * Returns picked jobs whose heartbeat is older than [heartbeatAge], oldest first, at most [limit] (default 100).
     * Their worker died or hangs. The next claim takes them over once their heartbeat is older than the workers'
     * heartbeat timeout. Payloads are left out; [job] reads one job with its payload.
     */
    public suspend fun staleJobs(heartbeatAge: Duration, limit: Int = DEFAULT_PAGE): List<StoredJob>

    /**
     * Returns held jobs with their failures, by id: at most [limit] (default 100), those with ids above [after], of
     * [entrypoint] or, if it is null (default), of all. Payloads are left out; [job] reads one job with its payload.
     */
    public suspend fun heldJobs(
        limit: Int = DEFAULT_PAGE,
        after: JobId? = null,
        entrypoint: String? = null,
    ): List<HeldJob>

    /** Counts the held jobs of each entrypoint that has some, by entrypoint. */
    public suspend fun heldCounts(): Map<String, Long>

    /** Returns the sizes of the tables: queue, log, statistics, schedules, pauses and limits. */
    public suspend fun tableSizes(): List<TableSize>

    /**
     * Returns what has kept the server the longest from removing dead rows, here and in all tables of the database; null
     * if nothing does. While it lasts, the queue's table grows and claims become slower.
     *
     * PostgreSQL shows transactions of other users only to members of `pg_read_all_stats`.
     */
    public suspend fun oldestTransaction(): OldestTransaction?

    private companion object {
        const val DEFAULT_PAGE = 100
        const val MOST_RUNS = 10_000
        const val MOST_COUNTED = 10_000
        const val MOST_ROWS = 50_000
    }
}

/**
 * The jobs of one entrypoint that are in the queue.
 *
 * @property queued how many wait, due or not.
 * @property due how many of these are due.
 * @property running how many are picked. Those of dead workers are included.
 * @property held how many are held.
 * @property overdue how long the job that became due first has been due; zero if none is due. Set your alarm on this.
 * @property isEstimate whether one of these was too much to count, and is an estimate from a sample.
 * @property slots how many of [running] take a slot of a concurrency limit.
 * @property concurrencyLimit the limit that a worker of this library declared when it started, the last one that did;
 * null if it declared none. While workers with different limits run, the highest one counts.
 */
public data class Backlog(
    val entrypoint: String,
    val queued: Long,
    val due: Long,
    val running: Long,
    val held: Long,
    val overdue: Duration,
    val isEstimate: Boolean,
    val slots: Long = 0,
    val concurrencyLimit: Int? = null,
)

/**
 * A worker that holds jobs. A worker without jobs cannot be seen in the store.
 *
 * @property jobs how many jobs it holds.
 * @property heartbeatAge the age of its oldest heartbeat.
 * @property isPython whether it is a worker of Python's PgQueuer. Its leases tell: Python's claims give no epoch.
 */
public data class ActiveWorker(
    val id: WorkerId,
    val jobs: Long,
    val heartbeatAge: Duration,
    val isPython: Boolean = false,
)

/**
 * How many jobs of one entrypoint, status and priority are in the queue.
 *
 * @property age how long ago the oldest of them was enqueued.
 * @property overdue how long the queued job that became due first has been due; zero if none is due, and for other
 * statuses. Set your alarm on this.
 */
public data class QueueSize(
    val entrypoint: String,
    val status: JobStatus,
    val priority: Int,
    val count: Long,
    val age: Duration,
    val overdue: Duration,
)

/**
 * How long runs of one entrypoint took that ended or were held within a window of time, and how long they had waited.
 *
 * @property count the number of runs.
 * @property runTime from the claim until the outcome was written.
 * @property waitTime from when the job was last queued (by its enqueue, a retry, a release or a requeue) until the claim.
 * A delay that somebody asked for is part of it. Null if the log level leaves out when jobs are queued.
 */
public data class RunTimes(
    val entrypoint: String,
    val count: Long,
    val runTime: Percentiles,
    val waitTime: Percentiles?,
)

/** Percentiles of durations, by nearest rank: each is one of the durations. */
public data class Percentiles(
    val p50: Duration,
    val p95: Duration,
    val p99: Duration,
)

/**
 * The size of one table of the queue.
 *
 * @property rows the number of rows; an estimate on PostgreSQL.
 * @property deadRows the number of dead rows that wait for a vacuum; an estimate.
 * @property bytes the size of the table with its indexes; null if the store does not know it.
 * @property indexBytes the size of its indexes alone; null if the store does not know it.
 */
public data class TableSize(
    val table: String,
    val rows: Long,
    val deadRows: Long,
    val bytes: Long?,
    val indexBytes: Long? = null,
)

/**
 * What keeps the server from removing dead rows: rows that were deleted or changed after it began stay.
 *
 * @property holder what it is, and whose: an open transaction of a session, a prepared transaction, or a replication slot.
 * @property age how long ago it began; null if the server does not know, as for replication slots.
 * @property transactions how many transactions have begun since.
 */
public data class OldestTransaction(
    val holder: String,
    val age: Duration?,
    val transactions: Long,
)

/**
 * How often jobs of one entrypoint reached one status within a window of time.
 *
 * @property isEstimate whether there was too much to count, so that [count] is an estimate from a sample.
 */
public data class Throughput(
    val entrypoint: String,
    val status: JobStatus,
    val count: Long,
    val isEstimate: Boolean = false,
)

/**
 * How often jobs of one entrypoint reached one status within one step of time.
 *
 * @property start when the step began.
 * @property isEstimate whether there was too much to count, so that [count] is an estimate from a sample.
 */
public data class ThroughputStep(
    val start: Instant,
    val entrypoint: String,
    val status: JobStatus,
    val count: Long,
    val isEstimate: Boolean = false,
)

/**
 * One row of the log: one step in the life of a job. The newest entry of a job has its last status.
 *
 * @property workerId the worker that claimed the job; null for all steps but claims, and for claims of Python workers and
 * of older versions.
 * @property leaseEpoch the epoch of the lease that the claim gave; see [Lease.epoch]. Null if [workerId] is.
 */
public data class LogEntry(
    val id: Long,
    val jobId: JobId,
    val created: Instant,
    val status: JobStatus,
    val priority: Int,
    val entrypoint: String,
    val failure: FailureRecord?,
    val workerId: WorkerId? = null,
    val leaseEpoch: Long? = null,
)

/**
 * A held job.
 *
 * @property job the job, without its payload.
 * @property failure why it is held; null if the log no longer has the record.
 */
public class HeldJob(
    public val job: StoredJob,
    public val failure: FailureRecord?,
)
