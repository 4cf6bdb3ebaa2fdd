package io.pgqueuer.domain

import kotlin.time.Instant

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
