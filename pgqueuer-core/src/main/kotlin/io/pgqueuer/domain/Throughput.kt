package io.pgqueuer.domain

/** How often jobs of one entrypoint came to one status within a window of time. */
public data class Throughput(
    val entrypoint: String,
    val status: JobStatus,
    val count: Long,
)
