package io.pgqueuer.engine.events

import io.pgqueuer.JobOutcome
import io.pgqueuer.RunReport
import io.pgqueuer.ScheduleOutcome
import io.pgqueuer.WorkerEvent
import io.pgqueuer.WorkerObserver
import java.util.concurrent.atomic.LongAdder

/** Counts the outcomes of the jobs and schedules of one run. */
internal class Tally : WorkerObserver {
    private val succeeded = LongAdder()
    private val failed = LongAdder()
    private val held = LongAdder()
    private val retried = LongAdder()
    private val released = LongAdder()
    private val canceled = LongAdder()
    private val leasesLost = LongAdder()
    private val schedulesRun = LongAdder()
    private val schedulesFailed = LongAdder()

    override fun onEvent(event: WorkerEvent) {
        when (event) {
            is WorkerEvent.JobEnded -> counterOf(event.outcome).increment()

            is WorkerEvent.ScheduleEnded -> when (event.outcome) {
                is ScheduleOutcome.Succeeded -> schedulesRun.increment()
                is ScheduleOutcome.Failed -> schedulesFailed.increment()
                is ScheduleOutcome.Released, is ScheduleOutcome.LeaseLost -> Unit
            }

            else -> Unit
        }
    }

    private fun counterOf(outcome: JobOutcome) = when (outcome) {
        is JobOutcome.Succeeded -> succeeded
        is JobOutcome.Failed -> failed
        is JobOutcome.Held -> held
        is JobOutcome.Retried -> retried
        is JobOutcome.Released -> released
        is JobOutcome.Canceled -> canceled
        is JobOutcome.LeaseLost -> leasesLost
    }

    fun report() = RunReport(
        succeeded = succeeded.sum(),
        failed = failed.sum(),
        held = held.sum(),
        retried = retried.sum(),
        released = released.sum(),
        canceled = canceled.sum(),
        leasesLost = leasesLost.sum(),
        schedulesRun = schedulesRun.sum(),
        schedulesFailed = schedulesFailed.sum(),
    )
}
