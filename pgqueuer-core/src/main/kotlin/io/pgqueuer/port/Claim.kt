package io.pgqueuer.port

import io.pgqueuer.EntrypointOptions
import io.pgqueuer.Lease
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.StoredJob
import io.pgqueuer.WorkerId
import kotlin.time.Duration

/**
 * What a worker asks of a claim.
 *
 * @property targets the entrypoints that the worker serves, each once.
 * @property limit the most jobs to lease.
 * @property leaseTimeout a lease has expired if its heartbeat is older than this.
 * @property maxRescues a job is held when its lease has expired this many times in a row.
 * @property maxPayloadBytes the most bytes of payload to lease at once; a larger job is leased alone. Default
 * [DEFAULT_MAX_PAYLOAD_BYTES].
 * @property takeOver whether jobs whose lease has expired may be taken over or held; default true. After an outage of
 * the store, workers leave them alone until every healthy worker has had time to renew its leases. Otherwise, workers
 * look for them once a second, because that takes time in each claim.
 * @property tellsWaiting whether to tell what the claim leaves in [ClaimBatch.waiting]; default true. If not, the jobs are
 * returned a little earlier. [JobRepository.waiting] tells it afterwards.
 * @property ended outcomes to write first, each fenced by its lease, in the same step; default none. So the slots that
 * they free can be taken by this claim.
 */
@PgQueuerSpi
public data class ClaimRequest(
    val worker: WorkerId,
    val targets: List<ClaimTarget>,
    val limit: Int,
    val leaseTimeout: Duration,
    val maxRescues: Int,
    val maxPayloadBytes: Long = DEFAULT_MAX_PAYLOAD_BYTES,
    val takeOver: Boolean = true,
    val tellsWaiting: Boolean = true,
    val ended: List<Settlement> = emptyList(),
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

/** One entrypoint of a claim, with the [options] that the worker has set for it. */
@PgQueuerSpi
public data class ClaimTarget(
    val entrypoint: String,
    val options: EntrypointOptions = EntrypointOptions.DEFAULT,
)

/** A job together with the [lease] under which it was claimed. */
@PgQueuerSpi
public class ClaimedJob(
    public val job: StoredJob,
    public val lease: Lease,
) {
    override fun toString(): String = "ClaimedJob($job, epoch=${lease.epoch})"
}

/** What a claim saw of the jobs that it did not lease. It tells the worker what to wait for. */
@PgQueuerSpi
public sealed interface Waiting {
    /** The claim was filled, or did not look at all that is due. Another one may lease more. */
    public data object Unknown : Waiting

    /** The claim was not asked to tell; see [ClaimRequest.tellsWaiting]. */
    public data object Untold : Waiting

    /**
     * The claim took everything that it could.
     *
     * @property due whether jobs of its entrypoints are due but could not be leased, because their entrypoint is at its
     * limit or another claim had locked them.
     * @property queued whether any job of its entrypoints is queued, due or not.
     * @property nextDue how long until the next job is due, or until the first lease of another run expires if it is
     * not renewed; null if there is neither.
     */
    public data class Seen(
        val due: Boolean,
        val queued: Boolean,
        val nextDue: Duration?,
    ) : Waiting
}
