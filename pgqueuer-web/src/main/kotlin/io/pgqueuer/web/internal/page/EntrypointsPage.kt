package io.pgqueuer.web.internal.page

import io.pgqueuer.Backlog
import io.pgqueuer.JobFilter
import io.pgqueuer.JobStatus
import io.pgqueuer.Pause
import io.pgqueuer.Percentiles
import io.pgqueuer.QueueSnapshot
import io.pgqueuer.RunTimes
import io.pgqueuer.Throughput
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Site
import io.pgqueuer.web.internal.html.Tab
import io.pgqueuer.web.internal.html.act
import io.pgqueuer.web.internal.html.cell
import io.pgqueuer.web.internal.html.count
import io.pgqueuer.web.internal.html.listing
import io.pgqueuer.web.internal.html.moment
import io.pgqueuer.web.internal.html.nothing
import io.pgqueuer.web.internal.html.number
import io.pgqueuer.web.internal.html.percent
import io.pgqueuer.web.internal.html.rate
import io.pgqueuer.web.internal.html.short
import io.pgqueuer.web.internal.html.shorts
import io.pgqueuer.web.internal.html.sparkline
import io.pgqueuer.web.internal.state.LiveState
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.html.FlowContent
import kotlinx.html.FormMethod
import kotlinx.html.InputType
import kotlinx.html.TBODY
import kotlinx.html.a
import kotlinx.html.button
import kotlinx.html.div
import kotlinx.html.form
import kotlinx.html.hiddenInput
import kotlinx.html.input
import kotlinx.html.label
import kotlinx.html.p
import kotlinx.html.span
import kotlinx.html.tr
import kotlin.time.Duration

/** Every entrypoint that has jobs, had some in the last hour, or is paused. */
internal suspend fun entrypointsPage(state: LiveState): Page = coroutineScope {
    // Beside the rest: these take longest.
    val ofLog = async { state.history() to state.runTimes() }
    val snapshot = state.snapshot()
    val pauses = state.pauses()
    val backlog = snapshot.backlog.associateBy { it.entrypoint }
    val (history, runTimes) = ofLog.await()
    val times = runTimes.associateBy { it.entrypoint }
    val throughput = snapshot.throughput.groupBy { it.entrypoint }
    val ends = Ends.ofLastHour(history)
    val names = (backlog.keys + history.map { it.entrypoint } + pauses.mapNotNull { it.entrypoint }).toSortedSet()
    Page("Entrypoints", Tab.ENTRYPOINTS) { site ->
        wholeQueue(site, pauses.find { it.entrypoint == null })
        if (names.isEmpty()) nothing("The queue is empty, and nothing ended in the last hour.")
        if (names.isNotEmpty()) {
            listing(*HEADS) {
                for (name in names) {
                    entrypoint(
                        site,
                        name,
                        backlog[name],
                        throughput[name].orEmpty(),
                        times[name],
                        ends.of(name),
                        pauses.find { it.entrypoint == name },
                    )
                }
            }
        }
        p("remark") {
            +"Slots are those in use of a concurrency limit, as the worker that started last declared it. "
            +"Rates and failures are of the last 5 minutes, times of the last 15, ends of the last hour. A wait begins "
            +"when a job is queued, so a delay that somebody asked for is part of it. "
            +"Numbers after a ~ are estimates from a sample. "
            +"A pause keeps workers from starting jobs. Running jobs go on."
        }
    }
}

private val HEADS = arrayOf(
    "entrypoint", "queued", "due", "running", "slots", "held", "overdue", "ended", "failed", WAIT, RUN, "ends",
    "state",
)

private const val WAIT = "wait: p50, p95, p99"
private const val RUN = "run: p50, p95, p99"

private fun TBODY.entrypoint(
    site: Site,
    name: String,
    backlog: Backlog?,
    throughput: List<Throughput>,
    times: RunTimes?,
    ends: List<Long>,
    pause: Pause?,
) {
    val held = throughput.of(JobStatus.HELD)
    val failed = held + throughput.of(JobStatus.EXCEPTION)
    val ended = held + throughput.filter { it.status.isTerminal }.sumOf { it.count }
    val isEstimate = backlog?.isEstimate ?: false
    val isRateEstimate = throughput.any { it.isEstimate }
    tr {
        cell("entrypoint") { a(site.link("/jobs", "filter" to JobFilter(entrypoint = name))) { +name } }
        number("queued", count(backlog?.queued ?: 0, isEstimate))
        number("due", count(backlog?.due ?: 0, isEstimate))
        number("running", count(backlog?.running ?: 0))
        number("slots", backlog?.let(::slots) ?: "-")
        number("held", count(backlog?.held ?: 0), isLoud = (backlog?.held ?: 0) > 0)
        number("overdue", short(backlog?.overdue ?: Duration.ZERO))
        number("ended", rate(ended, QueueSnapshot.WINDOW, isRateEstimate))
        number("failed", percent(failed, ended, isRateEstimate), isLoud = failed > 0)
        number(WAIT, times?.waitTime.text())
        number(RUN, times?.runTime.text())
        cell("ends") { sparkline("Ends of $name in each minute of the last hour", ends) }
        cell("state") { state(site, name, pause) }
    }
}

/** Python workers take slots, but do not declare their limits. Null if there is nothing to tell. */
private fun slots(backlog: Backlog): String? = when (val limit = backlog.concurrencyLimit) {
    null -> backlog.slots.takeIf { it > 0 }?.let { count(it) }
    else -> "${count(backlog.slots)} of ${count(limit.toLong())}"
}

private fun Percentiles?.text() = if (this == null) "-" else shorts(listOf(p50, p95, p99))

private fun FlowContent.state(site: Site, name: String, pause: Pause?) {
    if (pause == null) {
        act(site, "/pause", "Pause", "entrypoint" to name)
        if (!site.mayOperate) +"on"
    } else {
        paused(pause)
        act(site, "/resume", "Resume", "entrypoint" to name)
    }
}

private fun FlowContent.paused(pause: Pause) {
    span("badge paused") { +"paused" }
    pause.until?.let {
        +" until "
        moment(it)
    }
    pause.reason?.let { +" $it" }
}

private fun FlowContent.wholeQueue(site: Site, pause: Pause?) {
    if (pause != null) {
        div("banner") {
            +"The whole queue is "
            paused(pause)
            act(site, "/resume", "Resume the whole queue")
        }
    } else if (site.mayOperate) {
        form(action = site.link("/pause"), method = FormMethod.post, classes = "line") {
            hiddenInput(name = "back") { value = site.here }
            label {
                +"Pause "
                input(InputType.text, name = "entrypoint") { placeholder = "the whole queue" }
            }
            label {
                +" for "
                input(InputType.text, name = "duration") {
                    placeholder = "no end, or 2h"
                    size = "12"
                }
            }
            label {
                +" because "
                input(InputType.text, name = "reason") { placeholder = "reason" }
            }
            button { +"Pause" }
        }
    }
}
