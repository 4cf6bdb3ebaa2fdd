package io.pgqueuer.domain

import kotlin.time.Duration

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
