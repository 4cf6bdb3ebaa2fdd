package io.pgqueuer.web.internal.page

import io.pgqueuer.JobStatus
import io.pgqueuer.ThroughputStep
import io.pgqueuer.web.internal.html.Series
import io.pgqueuer.web.internal.state.LiveState
import kotlin.time.Clock
import kotlin.time.Instant

/**
 * How many jobs ended, or were held, in each minute of the last hour.
 *
 * @property minutes the minutes, oldest first, as `14:05`.
 */
internal class Ends(
    private val counts: List<ThroughputStep>,
    now: Instant,
) {
    /** Whether there was too much to count. */
    val isEstimate: Boolean = counts.any { it.isEstimate }

    private val last = now.epochSeconds / STEP
    private val steps = last - STEPS + 1..last

    val minutes: List<String> = steps.map {
        "${Instant.fromEpochSeconds(it * STEP)}".substring(HOURS_AND_MINUTES) +
            " UTC"
    }

    val series: List<Series> = listOf(
        Series("successful", of(setOf(JobStatus.SUCCESSFUL))),
        Series("failed", of(setOf(JobStatus.EXCEPTION, JobStatus.HELD))),
        Series("canceled", of(setOf(JobStatus.CANCELED, JobStatus.DELETED))),
    )

    private fun of(statuses: Set<JobStatus>): List<Long> = perStep(counts.filter { it.status in statuses })

    /** All ends of [entrypoint] in each minute. */
    fun of(entrypoint: String): List<Long> = perStep(counts.filter { it.entrypoint == entrypoint && it.status in ENDS })

    private fun perStep(counts: List<ThroughputStep>): List<Long> {
        val sums = counts.groupingBy { it.start.epochSeconds / STEP }.fold(0L) { sum, one -> sum + one.count }
        return steps.map { sums[it] ?: 0 }
    }

    companion object {
        private val STEP = LiveState.HISTORY_STEP.inWholeSeconds
        private val STEPS = LiveState.HISTORY.inWholeSeconds / STEP
        private val HOURS_AND_MINUTES = 11..15
        private val ENDS = JobStatus.entries.filter { it.isTerminal }.toSet() + JobStatus.HELD

        fun ofLastHour(history: List<ThroughputStep>) = Ends(history, Clock.System.now())
    }
}
