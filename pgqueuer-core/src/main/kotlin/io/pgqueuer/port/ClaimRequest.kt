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
 * @property maxPayloadBytes the most bytes of payload to lease at once; a job that exceeds it alone is leased alone.
 * Default [DEFAULT_MAX_PAYLOAD_BYTES].
 * @property takeOver whether jobs whose lease has expired may be taken over or held; default true. After an outage of
 * the store, workers leave them alone until every healthy worker had time to renew its leases.
 */
public data class ClaimRequest(
    val worker: WorkerId,
    val targets: List<ClaimTarget>,
    val limit: Int,
    val leaseTimeout: Duration,
    val maxRescues: Int,
    val maxPayloadBytes: Long = DEFAULT_MAX_PAYLOAD_BYTES,
    val takeOver: Boolean = true,
) {
    init {
        require(targets.isNotEmpty()) { "targets must not be empty" }
        require(limit >= 1) { "limit must be >= 1, was $limit" }
        require(maxPayloadBytes >= 1) { "maxPayloadBytes must be >= 1, was $maxPayloadBytes" }
    }

    public companion object {
        /** 32 MiB. */
        public const val DEFAULT_MAX_PAYLOAD_BYTES: Long = 32L * 1024 * 1024
    }
}

/** One entrypoint of a claim; [concurrencyLimit] 0 is no limit. */
public data class ClaimTarget(
    val entrypoint: String,
    val concurrencyLimit: Int = 0,
)
