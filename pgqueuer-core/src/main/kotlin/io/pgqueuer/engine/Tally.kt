package io.pgqueuer.engine

import io.pgqueuer.RunReport
import io.pgqueuer.engine.running.run
import io.pgqueuer.port.Outcome
import java.util.concurrent.atomic.LongAdder

/** Counts what became of the jobs and schedules of one run. */
internal class Tally {
    private val succeeded = LongAdder()
    private val failed = LongAdder()
    private val held = LongAdder()
    private val retried = LongAdder()
    private val released = LongAdder()
    private val canceled = LongAdder()
    private val leasesLost = LongAdder()
    private val schedulesRun = LongAdder()
    private val schedulesFailed = LongAdder()

    fun count(outcome: Outcome) {
        when (outcome) {
            is Outcome.Succeeded -> succeeded
            is Outcome.Failed -> failed
            is Outcome.Held -> held
            is Outcome.Retried -> retried
            is Outcome.Released -> released
        }.increment()
    }

    fun canceled() {
        canceled.increment()
    }

    fun leaseLost() {
        leasesLost.increment()
    }

    fun scheduleRan(failed: Boolean) {
        (if (failed) schedulesFailed else schedulesRun).increment()
    }

    fun report() = RunReport(
        succeeded.sum(),
        failed.sum(),
        held.sum(),
        retried.sum(),
        released.sum(),
        canceled.sum(),
        leasesLost.sum(),
        schedulesRun.sum(),
        schedulesFailed.sum(),
    )
}
