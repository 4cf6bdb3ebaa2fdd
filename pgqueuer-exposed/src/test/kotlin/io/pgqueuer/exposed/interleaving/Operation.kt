package io.pgqueuer.exposed.interleaving

import io.pgqueuer.DuplicateJobException
import io.pgqueuer.EntrypointOptions
import io.pgqueuer.FailureRecord
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.WorkerId
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Instant

/**
 * What is done to the job of a case. Settlements and renewals use the lease of [worker] 0, live or lost; every claim is
 * by a worker of its own.
 *
 * @property waits whether it may wait for the transaction of another one.
 * @property pastLocks what it does if another transaction has locked the job, and it does not wait for it. Null if it
 * never leaves a job out.
 */
internal enum class Operation(
    val waits: Boolean = true,
    val pastLocks: (suspend Stage.() -> Reply)? = null,
    val run: suspend Stage.(WorkerId) -> Reply,
) {
    CLAIM(waits = false, pastLocks = { Reply.ofClaim() }, run = { claim(it) }),
    SUCCEED_AND_CLAIM(
        pastLocks = { Reply.ofClaim(settled = settle(Outcome.Succeeded)) },
        run = { claim(it, Outcome.Succeeded) },
    ),
    RELEASE_AND_CLAIM(
        pastLocks = { Reply.ofClaim(settled = settle(Outcome.Released)) },
        run = { claim(it, Outcome.Released) },
    ),
    SUCCEED(run = { Reply.ofSettle(settle(Outcome.Succeeded)) }),
    FAIL(run = { Reply.ofSettle(settle(Outcome.Failed(failure))) }),
    HOLD(run = { Reply.ofSettle(settle(Outcome.Held(failure))) }),
    RETRY(run = { Reply.ofSettle(settle(Outcome.Retried(Duration.ZERO, failure))) }),
    RELEASE(run = { Reply.ofSettle(settle(Outcome.Released)) }),
    END_CANCELED(run = { Reply.ofSettle(settle(Outcome.Canceled)) }),
    RENEW(waits = false, pastLocks = { lookAtLease() }, run = { renew() }),
    CANCEL(run = { Reply.of("canceled", backend.store.jobs.cancel(listOf(job))) }),
    REQUEUE(run = { requeue() }),
    RUN_NOW(run = { Reply.of("due now", backend.store.jobs.runNow(listOf(job))) }),
    DISMISS(run = { Reply.of("dismissed", backend.store.jobs.dismiss(listOf(job))) }),
    ENQUEUE_SAME_KEY(run = { enqueueSameKey() }),
    ;

    val skipsLocked get() = pastLocks != null

    val claims get() = this == CLAIM || this == SUCCEED_AND_CLAIM || this == RELEASE_AND_CLAIM
}

/**
 * A store with the jobs of a start state.
 *
 * @property lease the last lease of worker 0 on the job.
 * @property isLimited whether the entrypoint may run one job at a time.
 */
internal class Stage(
    val backend: StoreBackend,
    val job: JobId,
    val lease: Lease,
    private val isLimited: Boolean,
) {
    val failure = FailureRecord(job.value, Instant.fromEpochSeconds(0), "Boom", "boom", "at Handler.kt:1")

    suspend fun claim(worker: WorkerId, ended: Outcome? = null): Reply {
        val settlements = listOfNotNull(ended?.let { Settlement(lease, it) })
        val batch = backend.store.jobs.claim(claimOf(worker, isLimited).copy(ended = settlements))
        return Reply.ofClaim(batch.jobs.map { it.lease to it.job.rescues }, batch.held.map { it.id }, batch.settled)
    }

    suspend fun settle(outcome: Outcome): Set<Lease> = backend.store.jobs.settle(listOf(Settlement(lease, outcome)))

    suspend fun renew() = backend.store.jobs.renew(listOf(lease)).run { Reply.ofRenew(held, canceled) }

    /** Replies as a renewal would, and changes nothing. */
    suspend fun lookAtLease(): Reply {
        val row = backend.insights.job(job)
        val isHeld = row != null && row.status == JobStatus.PICKED && row.workerId == lease.workerId &&
            row.leaseEpoch == lease.epoch
        val isCanceled = isHeld && row.cancelRequestedAt != null
        return Reply.ofRenew(setOf(lease).takeIf { isHeld }.orEmpty(), setOf(lease).takeIf { isCanceled }.orEmpty())
    }

    suspend fun requeue() = try {
        Reply.of("requeued", backend.store.jobs.requeue(listOf(job)))
    } catch (_: DuplicateJobException) {
        Reply { "refused" }
    }

    suspend fun enqueueSameKey(): Reply {
        val ids = backend.store.jobs.enqueue(listOf(keyed()), OnConflict.SKIP).filterNotNull()
        return Reply(ids) { "enqueued ${ids.map(::of)}" }
    }
}

/** What an operation returned. It can be told when all operations have ended: only then all jobs and leases are known. */
internal class Reply(
    val ids: List<JobId> = emptyList(),
    val leases: List<Lease> = emptyList(),
    val tell: Ordinals.() -> String,
) {
    companion object {
        fun of(done: String, ids: Set<JobId>) = Reply { "$done ${ids.map(::of)}" }

        fun ofSettle(settled: Set<Lease>) = Reply { "settled ${settled.map(::of)}" }

        fun ofRenew(held: Set<Lease>, canceled: Set<Lease>) =
            Reply { "renewed ${held.map(::of)}, canceled ${canceled.map(::of)}" }

        /** @param leased leases with the number of rescues. */
        fun ofClaim(
            leased: List<Pair<Lease, Int>> = emptyList(),
            held: List<JobId> = emptyList(),
            settled: Set<Lease> = emptySet(),
        ) = Reply(leases = leased.map { it.first }) {
            "settled ${settled.map(::of)}, leased ${leased.map { (lease, rescues) ->
                "${of(lease)} rescues $rescues"
            }}, " +
                "held ${held.map(::of)}"
        }
    }
}

/** Names jobs and leases by their order, which is the same on every store. */
internal class Ordinals(
    ids: Collection<JobId>,
    leases: Collection<Lease>,
) {
    private val ids = ids.distinct().sorted()
    private val epochs = leases.distinct().groupBy({ it.jobId }, { it.epoch }).mapValues { it.value.sorted() }

    fun of(id: JobId): String = "#${ids.indexOf(id) + 1}"

    fun of(lease: Lease): String = of(lease.jobId) + " by ${of(lease.workerId)} epoch ${of(lease.jobId, lease.epoch)}"

    fun of(worker: WorkerId): String = "worker ${worker.value.leastSignificantBits}"

    fun of(id: JobId, epoch: Long): Int = epochs[id].orEmpty().indexOf(epoch) + 1
}

internal fun worker(number: Int) = WorkerId(UUID(0, number.toLong()))

/** A job whose dedupe key all jobs of a case share, as far as they have one. */
internal fun keyed() = NewJob("e") { dedupeKey = "k" }

internal fun claimOf(worker: WorkerId, isLimited: Boolean) = ClaimRequest(
    worker,
    listOf(ClaimTarget("e", EntrypointOptions { concurrencyLimit = if (isLimited) 1 else null })),
    limit = 10,
    LEASE,
    MAX_RESCUES,
)

/** Longer than the whole spec runs. */
internal val LEASE = 2.hours
internal const val MAX_RESCUES = 2
