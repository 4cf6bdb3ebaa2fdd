package io.pgqueuer.cli.dashboard

import io.pgqueuer.ActiveWorker
import io.pgqueuer.JobStatus
import io.pgqueuer.LogEntry
import io.pgqueuer.cli.look.Row
import io.pgqueuer.cli.look.failureText
import io.pgqueuer.cli.look.jobDetails
import io.pgqueuer.cli.look.jobRow
import io.pgqueuer.cli.look.pausedText
import io.pgqueuer.cli.look.stepRow
import io.pgqueuer.cli.look.table
import java.util.Locale
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** A line of the dashboard, and how it is shown. */
internal data class Line(
    val text: String,
    val look: Look = Look.PLAIN,
)

internal enum class Look { PLAIN, TITLE, SELECTED, WARNING, QUIET }

/**
 * Makes the lines of the dashboard.
 *
 * @param place where the queue is.
 */
internal class Screen(
    private val place: String,
) {
    /** Everything, without what only a terminal can use. */
    fun plain(overview: Content.Overview): List<Line> = overview(State(), overview, selected = null)

    /** At most [height] lines: the list is scrolled so that the selected line is seen. */
    fun live(state: State, content: Content?, height: Int): List<Line> {
        val foot = foot(state)
        val body = when (content) {
            is Content.Overview -> overview(state, content, state.lineIn(content))
            is Content.Jobs -> jobs(state, content)
            is Content.OneJob -> oneJob(state, content)
            null -> listOf(Line("reading …", Look.QUIET))
        }
        return scrolled(body, (height - foot.size).coerceAtLeast(1)) + foot
    }

    private fun scrolled(lines: List<Line>, height: Int): List<Line> {
        val selected = lines.indexOfFirst { it.look == Look.SELECTED }
        val first = (selected - height + 2).coerceIn(0, (lines.size - height).coerceAtLeast(0))
        return lines.drop(first).take(height).let { it + List(height - it.size) { Line("") } }
    }

    private fun overview(state: State, content: Content.Overview, selected: Int?): List<Line> = buildList {
        val all = content.entrypoints
        val shown = state.entrypoints(content)
        add(Line(place, Look.TITLE))
        add(Line(totals(content)))
        if (content.pauses.isNotEmpty()) add(Line("paused: ${pausedText(content.pauses)}", Look.WARNING))
        val ends = all.map { it.ends }.reduceOrNull { a, b -> a.zip(b, Long::plus) }.orEmpty()
        if (content.endsCounted) {
            val perSecond = all.sumOf { it.endsPerSecond }
            add(
                Line(
                    "ends/s ${rate(
                        perSecond,
                    )}  ${sparkline(ends)}  in 10 min: ${ends.sum()} ends, ${failed(all)} failed",
                ),
            )
        } else {
            add(Line("the log keeps failures only: jobs that succeed are not counted", Look.QUIET))
        }
        add(Line(""))
        val rows = table(shown.map(::row))
        if (rows.isEmpty()) add(Line(if (state.nameFilter.isEmpty()) "the queue is empty" else "no entrypoint matches"))
        rows.forEachIndexed { index, text ->
            add(Line(text, listLook(index, selected, isWarning = index > 0 && shown[index - 1].backlog.held > 0)))
        }
        add(Line(""))
        addAll(section(content.workers.map(::workerRow), "no worker holds a job"))
        add(Line(""))
        addAll(section(content.failures.map(::failureRow), "the log has no failure", Look.WARNING))
    }

    private fun listLook(index: Int, selected: Int?, isWarning: Boolean = false) = when {
        index == 0 -> Look.TITLE
        index - 1 == selected -> Look.SELECTED
        isWarning -> Look.WARNING
        else -> Look.PLAIN
    }

    private fun section(rows: List<Row>, nothing: String, look: Look = Look.PLAIN): List<Line> =
        table(rows).mapIndexed { index, text -> Line(text, if (index == 0) Look.TITLE else look) }
            .ifEmpty { listOf(Line(nothing, Look.QUIET)) }

    private fun totals(content: Content.Overview): String {
        val backlogs = content.entrypoints.map { it.backlog }
        val isEstimate = backlogs.any { it.isEstimate }
        val queued = shown(backlogs.sumOf { it.queued }, isEstimate)
        return "queued $queued (${shown(backlogs.sumOf { it.due }, isEstimate)} due)   " +
            "running ${backlogs.sumOf { it.running }}   held ${backlogs.sumOf { it.held }}   " +
            "overdue ${short(backlogs.maxOfOrNull { it.overdue } ?: Duration.ZERO)}   " +
            "workers ${content.workers.size}"
    }

    private fun failed(all: List<EntrypointState>) = all.sumOf { it.failures }

    private fun row(state: EntrypointState) = with(state.backlog) {
        Row(
            "entrypoint" to state.name,
            "queued" to shown(queued, isEstimate),
            "due" to shown(due, isEstimate),
            "running" to running,
            "held" to held,
            "overdue" to short(overdue),
            "ends/s" to (if (state.isEstimate) "~" else "") + rate(state.endsPerSecond),
            "10 minutes" to sparkline(state.ends),
            "p50" to state.runTimes?.let { short(it.runTime.p50) },
            "p95" to state.runTimes?.let { short(it.runTime.p95) },
        )
    }

    private fun workerRow(worker: ActiveWorker) =
        Row("worker" to worker.id, "jobs" to worker.jobs, "heartbeat" to "${short(worker.heartbeatAge)} ago")

    private fun failureRow(entry: LogEntry) = Row(
        "failed at" to entry.created,
        "job" to entry.jobId.value,
        "entrypoint" to entry.entrypoint,
        "status" to entry.status.label,
        "failure" to failureText(entry),
    )

    private fun jobs(state: State, content: Content.Jobs): List<Line> = buildList {
        val filter = (state.view as? View.Jobs)?.filter
        add(Line("jobs $filter", Look.TITLE))
        add(Line(if (content.isCut) "${content.matching} or more match" else "${content.matching} match"))
        add(Line(""))
        table(content.jobs.map(::jobRow)).forEachIndexed { index, text ->
            val isHeld = index > 0 && content.jobs[index - 1].status == JobStatus.HELD
            add(Line(text, listLook(index, state.lineIn(content), isWarning = isHeld)))
        }
    }

    private fun oneJob(state: State, content: Content.OneJob): List<Line> = buildList {
        add(Line("job ${(state.view as? View.OneJob)?.id}", Look.TITLE))
        add(Line(""))
        val job = content.job
        if (job ==
            null
        ) {
            add(Line("it is not in the queue", Look.QUIET))
        } else {
            jobDetails(job).lines().forEach { add(Line(it)) }
        }
        add(Line(""))
        addAll(section(content.log.map(::stepRow), "the log knows nothing of it"))
        val trace = content.log.mapNotNull { it.failure?.stackTrace }.lastOrNull { it.isNotBlank() }
        if (trace != null) {
            add(Line(""))
            trace.trimEnd().lines().forEach { add(Line(it, Look.WARNING)) }
        }
    }

    private fun foot(state: State): List<Line> {
        val said = when {
            state.typed != null -> Line("filter: ${state.typed}▏", Look.TITLE)
            state.question != null -> state.question.run { Line("${change.verb} job $job? y/n", Look.TITLE) }
            state.message != null -> Line(state.message, Look.TITLE)
            state.isPaused -> Line("paused", Look.TITLE)
            else -> Line("")
        }
        return listOf(said, Line(help(state), Look.QUIET))
    }

    private fun help(state: State): String = when {
        state.typed != null && state.view is View.Jobs -> "as in status:failed age:1h · enter apply · esc leave"

        state.typed != null -> "a part of the name · enter apply · esc leave"

        state.view == View.Overview ->
            "↑↓ select · enter jobs · f failed · s sort (${state.sortBy.title}) · / filter · p pause · q quit"

        state.view is View.Jobs -> "↑↓ select · enter job · r requeue · c cancel · / filter · p pause · esc back"

        else -> "r requeue · c cancel · p pause · esc back · q quit"
    }

    private companion object {
        const val BARS = "▁▂▃▄▅▆▇█"

        fun rate(perSecond: Double): String =
            String.format(Locale.ROOT, if (perSecond >= 100 || perSecond == 0.0) "%.0f" else "%.2f", perSecond)

        /** An estimate has three digits that mean something. */
        fun shown(number: Long, isEstimate: Boolean): String {
            if (!isEstimate || number == 0L) return "$number"
            var unit = 1L
            while (number / unit >= 1_000) unit *= 10
            return "~${(number + unit / 2) / unit * unit}"
        }

        /** A duration that people read quickly. */
        fun short(duration: Duration): String = when {
            duration == Duration.ZERO -> "-"
            duration < 1.seconds -> "${duration.inWholeMilliseconds.coerceAtLeast(1).milliseconds}"
            else -> "${duration.inWholeSeconds.seconds}"
        }

        fun sparkline(counts: List<Long>): String {
            val most = (counts.maxOrNull() ?: 0).coerceAtLeast(1)
            return counts.joinToString("") { count ->
                if (count == 0L) "·" else "${BARS[((count * (BARS.length - 1)) / most).toInt()]}"
            }
        }
    }
}
