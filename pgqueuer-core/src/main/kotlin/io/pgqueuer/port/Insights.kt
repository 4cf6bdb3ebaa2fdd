package io.pgqueuer.port

import io.pgqueuer.domain.Job
import io.pgqueuer.domain.JobId
import io.pgqueuer.domain.LogEntry
import io.pgqueuer.domain.QueueSize

/** Read-only views of the queue and its log. */
public interface Insights {
    /** Returns the job [id] while the queue holds it, null once it has ended. */
    public suspend fun job(id: JobId): Job?

    /** Returns the log of the job [id], oldest first. */
    public suspend fun log(id: JobId): List<LogEntry>

    /** Counts the jobs that the queue holds, by entrypoint, status and priority. */
    public suspend fun queueSize(): List<QueueSize>
}
