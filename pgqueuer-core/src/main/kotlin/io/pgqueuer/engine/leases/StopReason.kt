package io.pgqueuer.engine.leases

import io.pgqueuer.LeaseLostException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CopyableThrowable
import kotlinx.coroutines.ExperimentalCoroutinesApi

/** Why a running handler is told to stop. */
internal sealed interface StopReason {
    val cause: CancellationException

    /** The job was canceled: its row is already gone. */
    class Canceled(
        running: RunningJob,
    ) : StopReason {
        override val cause = CancellationException("$running was canceled")
    }

    /** Another worker may have the job. */
    class LeaseLost(
        running: RunningJob,
    ) : StopReason {
        /** Thrown by calls of the handler that need the lease. */
        val failure = LeaseLostException(
            running.job.id,
            "$running lost its lease: its heartbeat expired and it was taken over, or it was removed",
        )
        override val cause = LeaseLostCancellation(failure)
    }

    /**
     * The lease could not be renewed for the lease timeout, by this worker's own clock. Another worker may have the
     * job. The outcome is still sent to the store, whose fence decides.
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
