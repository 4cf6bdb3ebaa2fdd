package io.pgqueuer.port

import io.pgqueuer.domain.ActiveWorker
import io.pgqueuer.domain.HeldJob
import io.pgqueuer.domain.Job
import io.pgqueuer.domain.JobId
import io.pgqueuer.domain.JobStatus
import io.pgqueuer.domain.LogEntry
import io.pgqueuer.domain.LogLevel
import io.pgqueuer.domain.QueueSize
import io.pgqueuer.domain.RunTimes
import io.pgqueuer.domain.StoreUnavailableException
import io.pgqueuer.domain.TableSize
import io.pgqueuer.domain.Throughput
import kotlin.time.Duration

/**
 * Read-only views of the queue and its log. Windows and ages are by the store's clock.
 *
 * Each throws [StoreUnavailableException] when the store cannot be reached.
 */
public interface Insights {
    /** Returns the job [id] while the queue holds it, null once it has ended. */
    public suspend fun job(id: JobId): Job?

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
    public suspend fun staleJobs(heartbeatAge: Duration, limit: Int = DEFAULT_PAGE): List<Job>

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
