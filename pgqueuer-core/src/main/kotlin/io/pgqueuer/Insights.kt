package io.pgqueuer

import kotlin.time.Duration
import kotlin.time.Instant

/**
 * Read-only views of the queue and its log. Windows and ages are by the store's clock.
 *
 * Each throws [StoreUnavailableException] when the store cannot be reached.
 */
public interface Insights {
    /** Returns the job [id] while the queue holds it, null once it has ended. */
    public suspend fun job(id: JobId): StoredJob?

    /** Returns the log of the job [id], oldest first. */
    public suspend fun log(id: JobId): List<LogEntry>

    /** Returns the last status of each of [ids], as the log tells it; those that it knows nothing of are left out. */
    public suspend fun lastStatuses(ids: Collection<JobId>): Map<JobId, JobStatus>

    /** Returns what the log keeps. */
    public suspend fun logLevel(): LogLevel

    /** Counts the jobs that the queue holds, by entrypoint, status and priority (higher first). Reads the whole queue. */
    public suspend fun queueSize(): List<QueueSize>

    /**
     * Counts how often jobs came to each status within the last [window], by entrypoint and status: what is aggregated
     * and what is not. Exact to the second at the window's edge.
     *
     * @throws IllegalArgumentException if [window] is not positive and finite.
     */
    public suspend fun throughput(window: Duration): List<Throughput>

    /**
     * Tells how long the runs that ended or were held within the last [window] took, by entrypoint.
     *
     * @throws IllegalArgumentException if [window] is not positive and finite.
     */
    public suspend fun runTimes(window: Duration): List<RunTimes>

    /** Returns the workers that hold jobs, those that hold most first. */
    public suspend fun activeWorkers(): List<ActiveWorker>

    /**
     * Returns picked jobs whose heartbeat is older than [heartbeatAge], oldest first, at most [limit] (default 100): their
     * worker died or hangs. The next claim takes them over once it is older than the workers' heartbeat timeout. They come
     * without their payloads; [job] reads one with its payload.
     */
    public suspend fun staleJobs(heartbeatAge: Duration, limit: Int = DEFAULT_PAGE): List<StoredJob>

    /**
     * Returns held jobs by id with their failures, at most [limit] (default 100), those above [after]. They come without
     * their payloads; [job] reads one with its payload.
     */
    public suspend fun heldJobs(limit: Int = DEFAULT_PAGE, after: JobId? = null): List<HeldJob>

    /** Returns the sizes of the queue, the log, the statistics and the schedules. */
    public suspend fun tableSizes(): List<TableSize>

    private companion object {
        const val DEFAULT_PAGE = 100
    }
}

/**
 * A worker that holds jobs. Workers that hold none leave no trace in the store.
 *
 * @property jobs how many jobs it holds.
 * @property heartbeatAge how long ago the least recently renewed of its leases was renewed.
 */
public data class ActiveWorker(
    val id: WorkerId,
    val jobs: Long,
    val heartbeatAge: Duration,
)

/**
 * How many jobs of one entrypoint, status and priority the queue holds.
 *
 * @property age how long ago the oldest of them was enqueued.
 * @property overdue of queued jobs, how long the one that is due for longest has been due: what an alarm should watch.
 * Zero where none is due, and for other statuses.
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
 * How long the runs of one entrypoint took that ended or were held within a window of time: from the claim until the
 * outcome was written. Percentiles are by nearest rank: times that runs really took.
 *
 * @property count how many runs.
 */
public data class RunTimes(
    val entrypoint: String,
    val count: Long,
    val p50: Duration,
    val p95: Duration,
    val p99: Duration,
)

/**
 * How large one table of the queue is.
 *
 * @property rows how many rows it has; an estimate on PostgreSQL.
 * @property deadRows how many dead rows wait for a vacuum; an estimate.
 * @property bytes what it takes with its indexes; null where the store cannot tell.
 */
public data class TableSize(
    val table: String,
    val rows: Long,
    val deadRows: Long,
    val bytes: Long?,
)

/** How often jobs of one entrypoint came to one status within a window of time. */
public data class Throughput(
    val entrypoint: String,
    val status: JobStatus,
    val count: Long,
)

/** One step in the life of a job: a row of the log. The newest entry of a job tells its last status. */
public data class LogEntry(
    val id: Long,
    val jobId: JobId,
    val created: Instant,
    val status: JobStatus,
    val priority: Int,
    val entrypoint: String,
    val failure: FailureRecord?,
)

/**
 * A job that is held as `failed`.
 *
 * @property job the job, without its payload.
 * @property failure why; null where the log does not tell any more.
 */
public class HeldJob(
    public val job: StoredJob,
    public val failure: FailureRecord?,
)
