package io.pgqueuer.web.internal.page

import io.pgqueuer.Backlog
import io.pgqueuer.JobFilter
import io.pgqueuer.JobStatus
import io.pgqueuer.QueueSnapshot
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Site
import io.pgqueuer.web.internal.html.Tab
import io.pgqueuer.web.internal.html.cell
import io.pgqueuer.web.internal.html.count
import io.pgqueuer.web.internal.html.fact
import io.pgqueuer.web.internal.html.listing
import io.pgqueuer.web.internal.html.moment
import io.pgqueuer.web.internal.html.nothing
import io.pgqueuer.web.internal.html.number
import io.pgqueuer.web.internal.html.percent
import io.pgqueuer.web.internal.html.rate
import io.pgqueuer.web.internal.html.short
import io.pgqueuer.web.internal.html.stackedBars
import io.pgqueuer.web.internal.state.LiveState
import io.pgqueuer.web.internal.state.LogSearch
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.html.FlowContent
import kotlinx.html.a
import kotlinx.html.dl
import kotlinx.html.h2
import kotlinx.html.li
import kotlinx.html.p
import kotlinx.html.section
import kotlinx.html.span
import kotlinx.html.tr
import kotlinx.html.ul
import kotlin.time.Duration

/** The whole queue at a glance: numbers, an hour of ends, what needs attention, and the longest backlogs. */
internal suspend fun overviewPage(state: LiveState): Page = coroutineScope {
    // Beside the rest: these are the two that take longest.
    val history = async { state.history() }
    val snapshot = state.snapshot()
    val attention = Attention.of(state)
    val failures = state.newestFailures().take(NEWEST)
    val ends = Ends.ofLastHour(history.await())
    Page("Overview", Tab.OVERVIEW) { site ->
        numbers(snapshot)
        section {
            h2 { +"Needs attention" }
            if (attention.isEmpty()) nothing("Nothing needs attention.")
            ul("attention") { attention.forEach { li { a(site.base + it.path) { +it.text } } } }
        }
        section {
            h2 { +"Ended jobs in the last hour" }
            stackedBars("Ended jobs in each minute of the last hour", ends.minutes, ends.series)
            p("legend") {
                ends.series.forEach { one ->
                    span("key ${one.name}") { +"${one.name} ${count(one.counts.sum(), ends.isEstimate)}" }
                    +" "
                }
            }
            if (ends.isEstimate) {
                p("remark") { +"There is too much to count while you wait. These are estimates from a sample." }
            }
        }
        section {
            h2 { +"Backlog by entrypoint" }
            backlog(site, snapshot.backlog)
        }
        section {
            h2 { +"Newest failures" }
            if (failures.isEmpty()) nothing("The newest ${count(LogSearch.STEP)} entries of the log have no failure.")
            if (failures.isNotEmpty()) {
                listing("when", "job", "entrypoint", "failure") {
                    failures.forEach { entry ->
                        tr {
                            cell("when") { moment(entry.created) }
                            cell("job") { a(site.link("/jobs/${entry.jobId}")) { +"${entry.jobId}" } }
                            cell("entrypoint") { +entry.entrypoint }
                            cell("failure", "long") { +(entry.failure?.let { "${it.type}: ${it.message}" } ?: "-") }
                        }
                    }
                }
            }
        }
    }
}

private fun FlowContent.numbers(snapshot: QueueSnapshot) {
    val backlog = snapshot.backlog
    val isEstimate = backlog.any { it.isEstimate }
    val ended = snapshot.throughput.filter { it.status.isTerminal }.sumOf { it.count }
    val isRateEstimate = snapshot.throughput.any { it.isEstimate }
    val failed = snapshot.throughput.filter { it.status in FAILED }.sumOf { it.count }
    dl("numbers") {
        fun number(name: String, text: String, isLoud: Boolean = false) =
            fact(name, if (isLoud) "loud" else null) { +text }

        number("queued", count(backlog.sumOf { it.queued }, isEstimate))
        number("due", count(backlog.sumOf { it.due }, isEstimate))
        number("running", count(backlog.sumOf { it.running }))
        number("held", count(backlog.sumOf { it.held }), isLoud = backlog.any { it.held > 0 })
        number("overdue", short(backlog.maxOfOrNull { it.overdue } ?: Duration.ZERO))
        number("ended", rate(ended, QueueSnapshot.WINDOW, isRateEstimate))
        val runs = ended + snapshot.throughput.of(JobStatus.HELD)
        number("failed", percent(failed, runs, isRateEstimate), isLoud = failed > 0)
        number("workers with jobs", count(snapshot.workers.size.toLong()))
    }
}

private fun FlowContent.backlog(site: Site, backlog: List<Backlog>) {
    val longest = backlog.sortedByDescending { it.queued }.take(LONGEST)
    if (longest.isEmpty()) return nothing("The queue is empty.")
    listing("entrypoint", "queued", "due", "running", "held", "overdue") {
        longest.forEach { one ->
            tr {
                cell("entrypoint") {
                    a(site.link("/jobs", "filter" to JobFilter(entrypoint = one.entrypoint))) { +one.entrypoint }
                }
                number("queued", count(one.queued, one.isEstimate))
                number("due", count(one.due, one.isEstimate))
                number("running", count(one.running))
                number("held", count(one.held), isLoud = one.held > 0)
                number("overdue", short(one.overdue))
            }
        }
    }
    if (backlog.size > LONGEST) p { a(site.link("/entrypoints")) { +"All ${backlog.size} entrypoints" } }
}

private val FAILED = setOf(JobStatus.EXCEPTION, JobStatus.HELD)
private const val LONGEST = 10
private const val NEWEST = 8
