package io.pgqueuer.port

import io.pgqueuer.domain.WorkerId
import kotlin.time.Duration

/**
 * What a worker asks of a claim.
 *
 * @property targets the entrypoints that the worker serves, each once.
 * @property limit the most jobs to lease.
 * @property leaseTimeout a lease whose heartbeat is older has expired.
 * @property maxRescues a job is held when its lease expires for this many times.
 */
public data class ClaimRequest(
    val worker: WorkerId,
    val targets: List<ClaimTarget>,
    val limit: Int,
    val leaseTimeout: Duration,
    val maxRescues: Int,
) {
    init {
        require(targets.isNotEmpty()) { "targets must not be empty" }
        require(limit >= 1) { "limit must be >= 1, was $limit" }
    }
}

/** One entrypoint of a claim; [concurrencyLimit] 0 is no limit. */
public data class ClaimTarget(
    val entrypoint: String,
    val concurrencyLimit: Int = 0,
)
