package io.pgqueuer.domain

/**
 * A worker's right to one job, from a claim until it is settled or its heartbeat expires.
 *
 * Every statement that ends, holds, releases, renews or re-queues a picked job names its lease and changes nothing
 * when the lease is gone.
 *
 * @property epoch grows by one with each claim of the job, so that it can fence writes elsewhere: refuse a write whose
 * epoch is lower than the last one seen for this job.
 */
public data class Lease(
    val jobId: JobId,
    val workerId: WorkerId,
    val epoch: Long,
)
