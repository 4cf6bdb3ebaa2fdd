package io.pgqueuer.engine.scheduling

import io.pgqueuer.ScheduleDefinition
import io.pgqueuer.engine.running.StrayCancellations
import io.pgqueuer.engine.threads.Cancellations
import io.pgqueuer.engine.threads.StoppableRun
import io.pgqueuer.engine.threads.cancellations
import io.pgqueuer.port.ClaimedSchedule
import io.pgqueuer.port.ScheduleLease
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlin.time.Duration
import kotlin.time.TimeMark

/** One run of a schedule in this worker, from its claim until its end is written or refused. */
internal class ScheduleRun(
    val claimed: ClaimedSchedule,
    val scheduled: ScheduleDefinition,
    val claimedAt: TimeMark,
    cancellations: Cancellations,
) : StoppableRun<ScheduleRun.Stop>(cancellations) {
    val lease: ScheduleLease = claimed.lease

    /** What to write after the handler ended or was abandoned. The first value is kept. */
    val end = CompletableDeferred<RunEnd>()

    /** Completes when this run is told to stop. */
    val stopped = CompletableDeferred<Unit>()

    /** When the handler started. */
    @Volatile
    var startedAt: TimeMark? = null

    /** How long the handler ran. */
    @Volatile
    var ran: Duration = Duration.ZERO
        private set

    override fun cancellationBy(reason: Stop): CancellationException = reason.cause

    /** Tells the handler that another worker may have the run. */
    fun lose() = order(Stop(RunEnd.Lost, CancellationException("$this lost its lease: another worker may have it")))

    /** Tells the handler that its worker stops. An unfinished run is given back. */
    fun giveBack() = order(Stop(RunEnd.Released, CancellationException("$this is given back because its worker stops")))

    private fun order(stop: Stop) {
        stopped.complete(Unit)
        stop(stop)
    }

    /** The handler ended: with [failure], or successfully if it is null. */
    fun ended(failure: Throwable?) {
        if (!end()) return
        startedAt?.let { ran = it.elapsedNow() }
        val told = stopReason?.end
        end.complete(
            when {
                told is RunEnd.Lost || (told is RunEnd.Released && failure != null) -> told
                StrayCancellations.isStray(failure) -> RunEnd.Strayed(failure!!)
                else -> RunEnd.Completed(failure)
            },
        )
    }

    /** Stops waiting for a handler that ignores its cancellation. */
    fun abandon() {
        if (end()) end.complete(stopReason?.end ?: RunEnd.Released)
    }

    override fun toString(): String = "the run of $scheduled"

    class Stop(
        val end: RunEnd,
        val cause: CancellationException,
    )
}

/** How a run of a schedule ended. */
internal sealed interface RunEnd {
    /** The handler ended: with [failure], or successfully if it is null. The schedule waits for its next time. */
    class Completed(
        val failure: Throwable?,
    ) : RunEnd

    /** The handler was cancelled, but not by this worker. The run is given back after a pause. */
    class Strayed(
        val cancellation: Throwable,
    ) : RunEnd

    /** The run did not finish. Another worker runs it at once. */
    data object Released : RunEnd

    /** The lease is gone: nothing is written. */
    data object Lost : RunEnd
}
