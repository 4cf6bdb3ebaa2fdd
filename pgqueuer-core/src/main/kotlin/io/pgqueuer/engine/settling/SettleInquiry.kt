package io.pgqueuer.engine.settling

import io.pgqueuer.FailureRecord
import io.pgqueuer.Insights
import io.pgqueuer.JobStatus
import io.pgqueuer.LogLevel
import io.pgqueuer.port.Outcome

/**
 * Finds out what happened to jobs whose outcome the store refused because their lease is gone or they were canceled.
 *
 * The lease was lost, unless an earlier try was written and its confirmation was lost, or the handler completed the job
 * in its own transaction.
 */
internal class SettleInquiry(
    private val insights: Insights,
) {
    enum class Answer {
        /** The outcome was written by a try whose confirmation was lost. */
        WRITTEN,

        /** The handler's own transaction completed the job. */
        COMPLETED,

        /** The job was canceled. */
        CANCELED,

        /** Another worker has the job, or it was removed. */
        LOST,
    }

    /** Returns the answer for each of [refused]. Throws what the store throws. */
    suspend fun ask(refused: List<Unsettled>): Map<Unsettled, Answer> {
        val statuses = insights.lastStatuses(refused.map { it.running.job.id })
        return refused.associateWith { one ->
            val status = statuses[one.running.job.id]
            when {
                status == JobStatus.CANCELED -> Answer.CANCELED
                status == JobStatus.SUCCESSFUL && one.running.completing -> Answer.COMPLETED
                one.sent || one.running.completing -> lookAt(one)
                else -> Answer.LOST
            }
        }
    }

    private suspend fun lookAt(one: Unsettled): Answer {
        val id = one.running.job.id
        val log = insights.log(id)
        val record = one.outcome.record
        // The log keeps every failure record at every log level, and no two runs make the same record.
        if (record != null && log.any { it.failure?.isOf(record) == true }) return Answer.WRITTEN
        val job = insights.job(id)
        return when {
            job != null -> {
                val untouched = job.workerId == null && job.leaseEpoch == one.running.lease.epoch
                if (one.outcome == Outcome.Released && untouched) Answer.WRITTEN else Answer.LOST
            }

            one.outcome != Outcome.Succeeded && !one.running.completing -> Answer.LOST

            endedWell(log.lastOrNull()?.status) -> if (one.running.completing) Answer.COMPLETED else Answer.WRITTEN

            else -> Answer.LOST
        }
    }

    /** Whether a job that is gone from the queue succeeded, according to the [last] status in its log. */
    private suspend fun endedWell(last: JobStatus?): Boolean = when (last) {
        JobStatus.SUCCESSFUL -> true

        JobStatus.EXCEPTION, JobStatus.CANCELED, JobStatus.DELETED -> false

        // This level logs every end except a success.
        JobStatus.QUEUED, JobStatus.PICKED, JobStatus.HELD, null -> insights.logLevel() == LogLevel.FAILURES
    }

    private fun FailureRecord.isOf(other: FailureRecord) =
        timestamp == other.timestamp && type == other.type && context == other.context

    private val Outcome.record: FailureRecord?
        get() = when (this) {
            is Outcome.Failed -> record
            is Outcome.Held -> record
            is Outcome.Retried -> record
            is Outcome.Succeeded, is Outcome.Released, is Outcome.Canceled -> null
        }
}
