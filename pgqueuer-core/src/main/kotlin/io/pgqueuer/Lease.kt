package io.pgqueuer

import io.pgqueuer.engine.events.seen
import io.pgqueuer.engine.running.run
import java.util.UUID

/**
 * A worker's right to one job, from a claim until it is settled or its heartbeat expires.
 *
 * Every statement that ends, holds, releases, renews or re-queues a picked job names its lease and changes nothing
 * when the lease is gone.
 *
 * @property epoch grows with each claim of the job, so that it can fence writes elsewhere: refuse a write whose epoch is
 * lower than the last one seen for this job. It is the time of the claim by the store's clock, in microseconds since
 * 1970, or one more than the epoch before if that is higher. It therefore also grows if a crash of the server undid the
 * last claims. It can repeat only if such a crash or a failover lost a claim, and the clock of the server is then behind
 * by more than the time that has passed since that claim.
 */
public data class Lease(
    val jobId: JobId,
    val workerId: WorkerId,
    val epoch: Long,
)

/** The identity of one run of a worker; stored as `queue_manager_id` on the jobs that it holds. */
@JvmInline
public value class WorkerId(
    public val value: UUID,
) {
    override fun toString(): String = value.toString()
}
