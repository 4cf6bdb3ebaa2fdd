package io.pgqueuer.domain

/** How many jobs of one entrypoint, status and priority the queue holds. */
public data class QueueSize(
    val entrypoint: String,
    val status: JobStatus,
    val priority: Int,
    val count: Long,
)
