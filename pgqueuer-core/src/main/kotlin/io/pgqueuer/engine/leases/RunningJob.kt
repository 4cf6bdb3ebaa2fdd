package io.pgqueuer.engine.leases

import io.pgqueuer.EntrypointDefinition
import io.pgqueuer.JobOutcome
import io.pgqueuer.Lease
import io.pgqueuer.StoredJob
import io.pgqueuer.engine.threads.Cancellations
import io.pgqueuer.engine.threads.StoppableRun
import io.pgqueuer.engine.threads.cancellations
import io.pgqueuer.port.ClaimedJob
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlin.time.Duration
import kotlin.time.TimeMark

/**
 * A claimed job in this worker, from its claim until its outcome is written or refused.
 *
 * It is first active (waiting for a slot, or in its handler), then ended (its outcome waits to be written).
 */
internal class RunningJob(
    claimed: ClaimedJob,
    val entrypoint: EntrypointDefinition,
    claimedAt: TimeMark,
    cancellations: Cancellations,
) : StoppableRun<StopReason>(cancellations) {
    val job: StoredJob = claimed.job
    val lease: Lease = claimed.lease

    /** When the statement was sent that leased the job or last renewed its lease. */
    @Volatile
    var renewedAt: TimeMark = claimedAt

    /** Whether its handler completed it in a transaction of its own, which may be committed or not. */
    @Volatile
    var completing = false

    /** How long the job is kept after its run before its outcome is written; zero for nearly all. */
    @Volatile
    var rest: Duration = Duration.ZERO

    /** When its handler was started; null if it was not, or if nobody observes the worker. */
    @Volatile
    var startedAt: TimeMark? = null

    /** How long its handler ran, if [startedAt] is known. */
    @Volatile
    var ran: Duration = Duration.ZERO
        private set

    /** What its handler threw. */
    @Volatile
    var exception: Throwable? = null

    /** Called with how the run ended once that is written or refused; with null if the worker gives up writing it. */
    @Volatile
    var onEnded: ((JobOutcome?) -> Unit)? = null

    /** Whether this lease is known to be of no use, so that neither a renewal nor an outcome should name it. */
    val leaseGone: Boolean
        get() = when (stopReason) {
            is StopReason.Canceled, is StopReason.LeaseLost -> true
            is StopReason.Overdue, is StopReason.WorkerStops, null -> false
        }

    override fun cancellationBy(reason: StopReason): CancellationException = reason.cause

    override fun end(): Boolean = super.end().also { isFirst ->
        if (isFirst) startedAt?.let { ran = it.elapsedNow() }
    }

    /** Marks the lease as gone though the handler may have ended: this worker claimed the job anew. */
    fun supersede() = overrule(StopReason.LeaseLost(this))

    override fun toString(): String = "job ${job.id} of entrypoint '${job.entrypoint}'"
}
