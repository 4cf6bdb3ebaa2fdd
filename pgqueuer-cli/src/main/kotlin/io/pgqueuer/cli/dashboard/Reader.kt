package io.pgqueuer.cli.dashboard

import io.pgqueuer.Backend
import io.pgqueuer.Backlog
import io.pgqueuer.Insights
import io.pgqueuer.JobFilter
import io.pgqueuer.JobStatus
import io.pgqueuer.LogFilter
import io.pgqueuer.LogLevel
import io.pgqueuer.RunTimes
import io.pgqueuer.ThroughputStep
import io.pgqueuer.ViewTimeoutException
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource
import kotlin.time.measureTimedValue

/** Reads what the dashboard shows, and nothing that takes long. */
internal class Reader(
    backend: Backend,
) {
    private val insights = backend.insights
    private val runTimes = RunTimesReader(insights)

    suspend fun read(view: View): Content = when (view) {
        View.Overview -> overview()
        is View.Jobs -> jobs(view.filter)
        is View.OneJob -> Content.OneJob(insights.job(view.id), insights.log(view.id))
    }

    private suspend fun overview(): Content.Overview {
        val backlog = insights.backlog().associateBy { it.entrypoint }
        val ends = insights.throughputHistory(WINDOW, STEP).filter { it.status in ENDS }.groupBy { it.entrypoint }
        val times = runTimes.read().associateBy { it.entrypoint }
        val names = (backlog.keys + ends.keys).sorted()
        return Content.Overview(
            names.map { name ->
                val own = ends[name].orEmpty()
                EntrypointState(
                    name,
                    backlog[name] ?: nothing(name),
                    steps(own),
                    own.filter { it.status in FAILURES }.sumOf { it.count },
                    times[name],
                    isEstimate = own.any { it.isEstimate },
                )
            },
            insights.activeWorkers(),
            insights.logEntries(LogFilter(statuses = FAILURES), limit = SHOWN_FAILURES),
            insights.pauses(),
            endsCounted = insights.logLevel() != LogLevel.FAILURES,
        )
    }

    private suspend fun jobs(filter: JobFilter): Content.Jobs {
        val matching = insights.countJobs(filter, MOST_COUNTED)
        return Content.Jobs(insights.jobs(filter, SHOWN_JOBS), matching, isCut = matching == MOST_COUNTED)
    }

    /** One number for each complete step of the window. The server's clock made the steps; ours finds the last one. */
    private fun steps(counts: List<ThroughputStep>): List<Long> {
        val last = Clock.System.now().epochSeconds.floorDiv(STEP.inWholeSeconds)
        val steps = counts.groupBy { it.start.epochSeconds / STEP.inWholeSeconds }
        return (last - STEPS until last).map { step -> steps[step].orEmpty().sumOf { it.count } }
    }

    private fun nothing(entrypoint: String) =
        Backlog(entrypoint, queued = 0, due = 0, running = 0, held = 0, Duration.ZERO, isEstimate = false)

    private companion object {
        val WINDOW = 10.minutes
        val STEP = 15.seconds
        val STEPS = WINDOW.inWholeSeconds / STEP.inWholeSeconds
        val ENDS = setOf(JobStatus.SUCCESSFUL, JobStatus.EXCEPTION, JobStatus.HELD, JobStatus.CANCELED)
        val FAILURES = setOf(JobStatus.EXCEPTION, JobStatus.HELD)
        const val SHOWN_FAILURES = 8
        const val SHOWN_JOBS = 200
        const val MOST_COUNTED = 10_000
    }
}

/** Reads run times: seldom, as they are made of the log's rows. */
private class RunTimesReader(
    private val insights: Insights,
) {
    private var last: List<RunTimes> = emptyList()
    private var next: TimeMark = TimeSource.Monotonic.markNow()

    suspend fun read(): List<RunTimes> {
        if (next.hasNotPassedNow()) return last
        val (times, cost) = measureTimedValue {
            try {
                insights.runTimes(WINDOW)
            } catch (_: ViewTimeoutException) {
                emptyList()
            }
        }
        last = times
        next = TimeSource.Monotonic.markNow() + maxOf(SOONEST, cost * SHARE)
        return last
    }

    private companion object {
        val WINDOW = 5.minutes
        val SOONEST = 10.seconds

        /** Reads at most one part in so many of the time. */
        const val SHARE = 50
    }
}
