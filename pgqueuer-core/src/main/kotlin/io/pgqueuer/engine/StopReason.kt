package io.pgqueuer.engine

import io.pgqueuer.domain.LeaseLostException
import kotlinx.coroutines.CancellationException

/** Why a handler that still runs is told to stop. */
internal sealed interface StopReason {
    val cause: CancellationException

    /** The job was canceled: its row is gone already. */
    class Canceled(
        running: RunningJob,
    ) : StopReason {
        override val cause = CancellationException("$running was canceled")
    }

    /** Another worker may have the job. */
    class LeaseLost(
        running: RunningJob,
    ) : StopReason {
        override val cause = LeaseLostException(
            running.job.id,
            "$running lost its lease: its heartbeat expired and it was taken over, or it was removed",
        )
    }

    /** The worker stops and gives the job back. */
    class WorkerStops(
        running: RunningJob,
    ) : StopReason {
        override val cause = CancellationException("$running is given back because its worker stops")
    }
}
