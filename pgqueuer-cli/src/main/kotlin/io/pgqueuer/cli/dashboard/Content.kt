package io.pgqueuer.cli.dashboard

import io.pgqueuer.ActiveWorker
import io.pgqueuer.Backlog
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.LogEntry
import io.pgqueuer.Pause
import io.pgqueuer.RunTimes
import io.pgqueuer.StoredJob

/** What the dashboard can show. */
internal sealed interface View {
    data object Overview : View

    data class Jobs(
        val filter: JobFilter,
    ) : View

    data class OneJob(
        val id: JobId,
    ) : View
}

/** What was read for a [View]. */
internal sealed interface Content {
    /**
     * @property endsCounted false if the log level leaves out jobs that succeed, so that ends cannot be counted.
     */
    data class Overview(
        val entrypoints: List<EntrypointState>,
        val workers: List<ActiveWorker>,
        val failures: List<LogEntry>,
        val pauses: List<Pause>,
        val endsCounted: Boolean,
    ) : Content

    /** @property matching how many jobs match; [isCut] if there may be more. */
    data class Jobs(
        val jobs: List<StoredJob>,
        val matching: Int,
        val isCut: Boolean,
    ) : Content

    data class OneJob(
        val job: StoredJob?,
        val log: List<LogEntry>,
    ) : Content
}

/**
 * What is known of an entrypoint.
 *
 * @property backlog its jobs in the queue.
 * @property ends how many of its jobs ended or were held in each step of the last ten minutes, oldest first.
 * @property failures how many of these failed.
 * @property isEstimate whether [ends] and [failures] are estimates.
 * @property runTimes how long its runs took; null if that is not known.
 */
internal data class EntrypointState(
    val name: String,
    val backlog: Backlog,
    val ends: List<Long>,
    val failures: Long,
    val runTimes: RunTimes?,
    val isEstimate: Boolean = false,
) {
    /** Over the last minute. */
    val endsPerSecond: Double get() = ends.takeLast(STEPS_A_MINUTE).sum() / 60.0

    private companion object {
        const val STEPS_A_MINUTE = 4
    }
}
