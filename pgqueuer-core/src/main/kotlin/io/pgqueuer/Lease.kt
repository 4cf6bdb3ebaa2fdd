package io.pgqueuer

import java.util.UUID

/**
 * A worker's right to one job, from a claim until the job is settled or the heartbeat expires.
 *
 * Every statement that ends, holds, releases, renews or re-queues a picked job names its lease. If the lease is gone,
 * the statement changes nothing.
 *
 * @property epoch is larger at each claim of the job. Use it to fence writes elsewhere: refuse a write whose epoch is
 * lower than the last one seen for this job. It is the time of the claim by the store's clock, in microseconds since
 * 1970, or the last epoch plus one if that is higher. So it also grows if a crash of the server undid the last claims.
 * It can repeat only if a crash or a failover lost a claim, and the server's clock is then behind by more than the time
 * since that claim.
 */
public data class Lease(
    val jobId: JobId,
    val workerId: WorkerId,
    val epoch: Long,
)

/** Identifies one run of a worker. Stored as `queue_manager_id` on the jobs that the worker holds. */
@JvmInline
public value class WorkerId(
    public val value: UUID,
) {
    override fun toString(): String = value.toString()
}
