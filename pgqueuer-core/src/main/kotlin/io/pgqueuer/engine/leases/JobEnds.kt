package io.pgqueuer.engine.leases

import io.pgqueuer.JobOutcome
import io.pgqueuer.WorkerEvent
import io.pgqueuer.engine.events.Events
import io.pgqueuer.port.Outcome

/**
 * Reports how the run of a job ended, to observers and to the code that waits for this run. Called once for each run.
 */
internal fun Events.jobEnded(running: RunningJob, outcome: JobOutcome) {
    send(WorkerEvent.JobEnded(worker, running.job, outcome, running.ran))
    running.onEnded?.invoke(outcome)
}

/** How a run ended for which no outcome may be written, because its lease is gone. */
internal val RunningJob.endWithoutOutcome: JobOutcome
    get() = if (isCanceled) JobOutcome.Canceled else JobOutcome.LeaseLost

/** This outcome as observers see it. [exception] is what the handler threw. */
internal fun Outcome.seen(exception: Throwable?): JobOutcome = when (this) {
    is Outcome.Succeeded -> JobOutcome.Succeeded
    is Outcome.Failed -> JobOutcome.Failed(record, exception)
    is Outcome.Held -> JobOutcome.Held(record, exception)
    is Outcome.Retried -> JobOutcome.Retried(delay, record, exception)
    is Outcome.Released -> JobOutcome.Released
    is Outcome.Canceled -> JobOutcome.Canceled
}
