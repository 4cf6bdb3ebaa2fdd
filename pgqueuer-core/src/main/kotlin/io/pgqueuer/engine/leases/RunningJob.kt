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
import kotlin.time.Duration
import kotlin.time.TimeMark

/**
 * A claimed job in this worker, from its claim until its outcome is written or refused.
 *
 * At first it is active: it waits for a slot, or its handler runs. Then it has ended, and its outcome waits to be
 * written.
 */
internal class RunningJob(
    claimed: ClaimedJob,
    val entrypoint: EntrypointDefinition,
    claimedAt: TimeMark,
    cancellations: Cancellations,
) : StoppableRun<StopReason>(cancellations) {
    val job: StoredJob = claimed.job
    val lease: Lease = claimed.lease

    /** Whether the job holds a slot of its entrypoint. */
    val isLimited: Boolean get() = entrypoint.options.concurrencyLimit != null

    /** When the statement was sent that leased the job or last renewed its lease. */
    @Volatile
    var renewedAt: TimeMark = claimedAt

    /** Whether the handler completed the job in its own transaction. That transaction may or may not have committed. */
    @Volatile
    var completing = false

    /** How long to keep the job after its run before its outcome is written. Zero for nearly all jobs. */
    @Volatile
    var rest: Duration = Duration.ZERO

    /** When the handler started. Null if it did not start, or if nobody observes the worker. */
    @Volatile
    var startedAt: TimeMark? = null

    /** How long the handler ran, if [startedAt] is known. */
    @Volatile
    var ran: Duration = Duration.ZERO
        private set

    /** What the handler threw. */
    @Volatile
    var exception: Throwable? = null

    /**
     * Called with how the run ended when that is written or refused. Called with null if the worker gives up writing
     * it.
     */
    @Volatile
    var onEnded: ((JobOutcome?) -> Unit)? = null

    /** Whether this lease is known to be gone, so that no renewal and no outcome should name it. */
    @Volatile
    var leaseGone = false
        private set

    /** Whether the job was canceled. */
    val isCanceled: Boolean get() = stopReason is StopReason.Canceled

    override fun cancellationBy(reason: StopReason): CancellationException = reason.cause

    override fun end(): Boolean = super.end().also { isFirst ->
        if (isFirst) startedAt?.let { ran = it.elapsedNow() }
    }

    /**
     * The store says that the lease is gone. Tells the handler to stop, unless it has ended.
     *
     * @param canceled whether it is gone because the job was canceled.
     */
    @Synchronized
    fun loseLease(canceled: Boolean) {
        stop(if (canceled) StopReason.Canceled(this) else StopReason.LeaseLost(this))
        if (!ended && (isCanceled || stopReason is StopReason.LeaseLost)) leaseGone = true
    }

    /** Marks the lease as gone, even if the handler has already ended: this worker claimed the job again. */
    @Synchronized
    fun supersede() {
        leaseGone = true
        overrule(StopReason.LeaseLost(this))
    }

    override fun toString(): String = "job ${job.id} of entrypoint '${job.entrypoint}'"
}
