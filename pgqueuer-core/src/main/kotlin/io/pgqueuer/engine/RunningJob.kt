package io.pgqueuer.engine

import io.pgqueuer.domain.ClaimedJob
import io.pgqueuer.domain.Job
import io.pgqueuer.domain.Lease
import io.pgqueuer.domain.Outcome
import kotlin.time.Duration
import kotlin.time.TimeMark
import kotlinx.coroutines.Job as CoroutineJob

/**
 * A claimed job in this worker, from its claim until its outcome is written or refused.
 *
 * It is first active (waiting for a slot, or in its handler), then ended (its outcome waits to be written).
 */
internal class RunningJob(
    claimed: ClaimedJob,
    val entrypoint: Entrypoint,
    claimedAt: TimeMark,
) {
    val job: Job = claimed.job
    val lease: Lease = claimed.lease

    /** When the statement was sent that leased the job or last renewed its lease. */
    @Volatile
    var renewedAt: TimeMark = claimedAt

    private var coroutine: CoroutineJob? = null
    private var cancellations = Cancellations.IN_CALLER

    /** Why it was told to stop; null while it was not. The first reason stands. */
    @get:Synchronized
    var stopReason: StopReason? = null
        private set

    @get:Synchronized
    var ended = false
        private set

    /** Whether its handler completed it in a transaction of its own, which may be committed or not. */
    @Volatile
    var completing = false

    /** How long the job is kept after its run before its outcome is written; zero for nearly all. */
    @Volatile
    var rest: Duration = Duration.ZERO

    /** Called with the outcome that was written, or null when nothing was, once that is known. */
    @Volatile
    var onSettled: ((Outcome?) -> Unit)? = null

    /** Whether this lease is known to be of no use, so that neither a renewal nor an outcome should name it. */
    val leaseGone: Boolean
        get() = when (stopReason) {
            is StopReason.Canceled, is StopReason.LeaseLost -> true
            is StopReason.Overdue, is StopReason.WorkerStops, null -> false
        }

    /** Ties the handler's coroutine to this job, cancelling it if the job was told to stop before. */
    @Synchronized
    fun startedAs(coroutine: CoroutineJob, cancellations: Cancellations) {
        this.coroutine = coroutine
        this.cancellations = cancellations
        stopReason?.let { coroutine.cancel(it.cause) }
    }

    /** Tells the handler to stop, at once or soon; without effect once it ended or was told to. */
    @Synchronized
    fun stop(reason: StopReason) {
        if (ended || stopReason != null) return
        stopReason = reason
        cancel(reason)
    }

    /** Marks the end of the handler; false if it was ended before, as of one that was given up at a shutdown. */
    @Synchronized
    fun end(): Boolean = !ended.also { ended = true }

    /** Marks the lease as gone though the handler ended: this worker claimed the job anew. */
    @Synchronized
    fun supersede() {
        val reason = StopReason.LeaseLost(this)
        cancel(reason)
        stopReason = reason
    }

    private fun cancel(reason: StopReason) {
        val started = coroutine ?: return
        cancellations.run { started.cancel(reason.cause) }
    }

    override fun toString(): String = "job ${job.id} of entrypoint '${job.entrypoint}'"
}
