package io.pgqueuer.cli.torture.record

import io.pgqueuer.JobOutcome
import io.pgqueuer.JobStatus

/**
 * The outcome of a run, of which a worker says that the store has confirmed it.
 *
 * @property status what the log then says.
 * @property isFailure whether it also has the record of a failure.
 */
internal enum class Outcome(
    val status: JobStatus,
    val isFailure: Boolean,
) {
    SUCCEEDED(JobStatus.SUCCESSFUL, false),
    RETRIED(JobStatus.QUEUED, true),
    FAILED(JobStatus.EXCEPTION, true),
    HELD(JobStatus.HELD, true),
    RELEASED(JobStatus.QUEUED, false),
    CANCELED(JobStatus.CANCELED, false),
    ;

    fun fits(row: LogRow): Boolean = row.status == status && (row.failure != null) == isFailure

    companion object {
        /** Returns null if nothing was written. */
        fun of(outcome: JobOutcome): Outcome? = when (outcome) {
            JobOutcome.Succeeded -> SUCCEEDED
            is JobOutcome.Retried -> RETRIED
            is JobOutcome.Failed -> FAILED
            is JobOutcome.Held -> HELD
            JobOutcome.Released -> RELEASED
            JobOutcome.Canceled -> CANCELED
            JobOutcome.LeaseLost -> null
        }
    }
}
