package io.pgqueuer.engine.leases

import io.pgqueuer.LeaseLostException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CopyableThrowable
import kotlinx.coroutines.ExperimentalCoroutinesApi

/** Why a running handler is told to stop. */
internal sealed interface StopReason {
    val cause: CancellationException

    /** Thrown by calls of the handler that need the lease. Null if such calls may still succeed. */
    val failure: LeaseLostException? get() = null

    /** The job was canceled. It keeps its lease until its handler has ended. */
    class Canceled(
        running: RunningJob,
    ) : StopReason {
        override val failure = LeaseLostException(running.job.id, "$running was canceled")
        override val cause = CancellationException("$running was canceled")
    }

    /** The job can no longer be completed by this run. */
    sealed class Lost(
        running: RunningJob,
        message: String,
    ) : StopReason {
        final override val failure = LeaseLostException(running.job.id, message)
        final override val cause = LeaseLostCancellation(failure)
    }

    /** Another worker may have the job. */
    class LeaseLost(
        running: RunningJob,
    ) : Lost(running, "$running lost its lease: its heartbeat expired and it was taken over, or it was removed")

    /** The store refused to complete the job: its lease is gone, or it was canceled. */
    class Refused(
        running: RunningJob,
    ) : Lost(
        running,
        "$running cannot be completed: its heartbeat expired and it was taken over, or it was canceled or removed",
    )

    /**
     * The lease could not be renewed until its [RenewalDeadline]. Another worker may soon have the job. The outcome is
     * still sent to the store, whose fence decides.
     */
    class Overdue(
        running: RunningJob,
    ) : StopReason {
        override val cause = LeaseLostCancellation(
            LeaseLostException(
                running.job.id,
                "$running could not renew its lease in time: another worker may have the job by now",
            ),
        )
    }

    /** The worker stops and gives the job back. */
    class WorkerStops(
        running: RunningJob,
    ) : StopReason {
        override val cause = CancellationException("$running is given back because its worker stops")
    }
}

/**
 * Cancels a handler because of [failure], and keeps it as the direct cause. Otherwise coroutines would insert a copy.
 */
@OptIn(ExperimentalCoroutinesApi::class)
internal class LeaseLostCancellation(
    failure: LeaseLostException,
) : CancellationException(failure.message),
    CopyableThrowable<LeaseLostCancellation> {
    init {
        initCause(failure)
    }

    override fun createCopy(): LeaseLostCancellation? = null
}
