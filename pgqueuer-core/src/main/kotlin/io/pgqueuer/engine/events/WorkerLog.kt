package io.pgqueuer.engine.events

import io.pgqueuer.JobOutcome
import io.pgqueuer.ScheduleOutcome
import io.pgqueuer.StoreOperation
import io.pgqueuer.StoredJob
import io.pgqueuer.Worker
import io.pgqueuer.WorkerEvent
import io.pgqueuer.WorkerObserver
import io.pgqueuer.failures.safeToString
import org.slf4j.LoggerFactory

/** Logs the events of a worker that an operator needs to know. */
internal object WorkerLog : WorkerObserver {
    private val log = LoggerFactory.getLogger(Worker::class.java)

    override fun onEvent(event: WorkerEvent) {
        when (event) {
            is WorkerEvent.JobEnded -> ended(event.job, event.outcome)

            is WorkerEvent.JobHeldByClaim -> log.error(
                "job {} of entrypoint '{}' is held and was not run: its lease had expired too often, because it " +
                    "kills its workers, or its row cannot be read. `pgq failed` shows which",
                event.jobId,
                event.entrypoint,
            )

            is WorkerEvent.ScheduleEnded -> ended(event)

            is WorkerEvent.StoreFailed ->
                log.warn(
                    "cannot {}, next try in {}: {}",
                    event.operation.words,
                    event.retryIn,
                    event.cause.safeToString(),
                )

            is WorkerEvent.ListenerLost -> log.warn(
                "notifications are interrupted, the worker polls until they are back: {}",
                event.cause.safeToString(),
            )

            else -> Unit
        }
    }

    private fun ended(job: StoredJob, outcome: JobOutcome) {
        when (outcome) {
            is JobOutcome.LeaseLost ->
                log.warn("{} lost its lease before its outcome was written; the outcome was refused", job.words)

            // A failure is told at the end of its run, with the exception.
            is JobOutcome.Retried, is JobOutcome.Failed, is JobOutcome.Held -> Unit

            is JobOutcome.Succeeded, is JobOutcome.Released, is JobOutcome.Canceled -> Unit
        }
    }

    private fun ended(event: WorkerEvent.ScheduleEnded) {
        val schedule = event.schedule
        when (val outcome = event.outcome) {
            is ScheduleOutcome.LeaseLost -> log.warn(
                "the run of schedule '{}' ({}) lost its lease; nothing is written for it",
                schedule.name,
                schedule.expression,
            )

            // A failure is told at the end of its run, with the exception.
            is ScheduleOutcome.Succeeded, is ScheduleOutcome.Failed, is ScheduleOutcome.Released -> Unit
        }
    }

    private val StoredJob.words get() = "job $id of entrypoint '$entrypoint'"

    private val StoreOperation.words
        get() = when (this) {
            StoreOperation.CLAIM_JOBS -> "claim jobs"
            StoreOperation.RENEW_LEASES -> "renew leases"
            StoreOperation.SETTLE_JOBS -> "write outcomes"
            StoreOperation.CLAIM_SCHEDULES -> "claim schedules"
            StoreOperation.RENEW_SCHEDULE -> "renew the lease of a schedule"
            StoreOperation.SETTLE_SCHEDULE -> "write the end of a schedule's run"
        }
}
