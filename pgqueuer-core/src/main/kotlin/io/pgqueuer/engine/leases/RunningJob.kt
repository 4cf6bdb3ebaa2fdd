package io.pgqueuer.engine.leases

import io.pgqueuer.EntrypointDefinition
import io.pgqueuer.JobOutcome
import io.pgqueuer.Lease
import io.pgqueuer.StoredJob
import io.pgqueuer.engine.running.run
import io.pgqueuer.port.ClaimedJob
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
) {
    val job: StoredJob = claimed.job
    val lease: Lease = claimed.lease

    /** When the statement was sent that leased the job or last renewed its lease. */
    @Volatile
    var renewedAt: TimeMark = claimedAt

    private var coroutine: Job? = null

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

    /** Ties the handler's coroutine to this job, cancelling it if the job was told to stop before. */
    @Synchronized
    fun startedAs(coroutine: Job) {
        this.coroutine = coroutine
        stopReason?.let { coroutine.cancel(it.cause) }
    }

    /** Tells the handler to stop; without effect once it ended or was told to. */
    @Synchronized
    fun stop(reason: StopReason) {
        if (ended || stopReason != null) return
        stopReason = reason
        coroutine?.cancel(reason.cause)
    }

    /** Marks the end of the handler; false if it was ended before, as of one that was given up at a shutdown. */
    @Synchronized
    fun end(): Boolean {
        if (ended) return false
        ended = true
        startedAt?.let { ran = it.elapsedNow() }
        return true
    }

    /** Marks the lease as gone though the handler ended: this worker claimed the job anew. */
    @Synchronized
    fun supersede() {
        val reason = StopReason.LeaseLost(this)
        coroutine?.cancel(reason.cause)
        stopReason = reason
    }

    override fun toString(): String = "job ${job.id} of entrypoint '${job.entrypoint}'"
}
