package io.pgqueuer.web.internal.page

import io.pgqueuer.Insights
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.LogFilter
import io.pgqueuer.StoredJob
import io.pgqueuer.web.internal.action.Filters
import io.pgqueuer.web.internal.action.JobAction
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Site
import io.pgqueuer.web.internal.html.Tab
import io.pgqueuer.web.internal.html.badge
import io.pgqueuer.web.internal.html.bytes
import io.pgqueuer.web.internal.html.cell
import io.pgqueuer.web.internal.html.count
import io.pgqueuer.web.internal.html.listing
import io.pgqueuer.web.internal.html.moment
import io.pgqueuer.web.internal.html.nothing
import io.pgqueuer.web.internal.html.number
import kotlinx.html.ButtonFormMethod
import kotlinx.html.FlowContent
import kotlinx.html.FormMethod
import kotlinx.html.InputType
import kotlinx.html.TBODY
import kotlinx.html.a
import kotlinx.html.button
import kotlinx.html.code
import kotlinx.html.form
import kotlinx.html.hiddenInput
import kotlinx.html.input
import kotlinx.html.p
import kotlinx.html.span
import kotlinx.html.tr

/** Jobs in the queue that match a filter, by id, with what can be done to them. */
internal suspend fun jobsPage(insights: Insights, filters: Filters, text: String, after: JobId?): Page {
    val filter = try {
        filters.parse(text)
    } catch (e: IllegalArgumentException) {
        return wrongFilter("Jobs", Tab.JOBS, e) { filterForm(it, text) }
    }
    val jobs = insights.jobs(filter, PAGE + 1, after)
    val shown = jobs.take(PAGE)
    val matching = insights.countJobs(filter, MOST_COUNTED)
    return Page("Jobs", Tab.JOBS) { site ->
        filterForm(site, "$filter")
        p("count") {
            +count(matching.toLong())
            +(if (matching == MOST_COUNTED) "+ jobs match." else " match.")
        }
        if (shown.isEmpty()) nothing(if (after == null) "No job in the queue matches." else "No further job matches.")
        if (shown.isNotEmpty()) {
            // The buttons stand in the form of the list, so that what is selected goes with them.
            form(action = site.link("/jobs/selected"), method = FormMethod.post, classes = "list") {
                hiddenInput(name = "back") { value = site.here }
                hiddenInput(name = "filter") { value = "$filter" }
                actions(site, filter)
                listing(*if (site.mayOperate) arrayOf("select", *HEADS) else HEADS) {
                    shown.forEach { job(site, it) }
                }
            }
        }
        p("pages") {
            if (after != null) a(site.link("/jobs", "filter" to "$filter")) { +"First page" }
            +" "
            if (jobs.size > PAGE) {
                a(site.link("/jobs", "filter" to "$filter", "after" to shown.last().id)) { +"Next page" }
            }
        }
    }
}

private fun FlowContent.filterForm(site: Site, text: String) {
    filterForm(site, "/jobs", text, "status:failed entrypoint:mail age:1h", IN_QUEUE + ENDED) {
        if (it.isTerminal) LogFilter(statuses = setOf(it)) else JobFilter(status = it)
    }
    p("remark") {
        +"Conditions: "
        code { +"status entrypoint priority worker dedupe-key age failure header.NAME payload payload.PATH" }
        +", each as name:value. Jobs that have ended are in the "
        a(site.link("/log", "filter" to LogFilter(statuses = ENDED.toSet()))) { +"log" }
        +", by status, entrypoint, priority and failure."
    }
}

private fun FlowContent.actions(site: Site, filter: JobFilter) {
    if (!site.mayOperate) return
    p("actions") {
        +"Selected: "
        JobAction.entries.forEach { action ->
            button {
                attributes["name"] = "action"
                attributes["value"] = action.verb
                if (action.isDangerous) attributes["class"] = "danger"
                +action.title
            }
        }
        if (filter != JobFilter.ALL) {
            span { +" All that match: " }
            JobAction.entries.filter { action ->
                filter.status?.let { it in action.statuses } ?: true
            }.forEach { action ->
                button {
                    attributes["formaction"] = site.link("/jobs/matching")
                    formMethod = ButtonFormMethod.get
                    attributes["name"] = "action"
                    attributes["value"] = action.verb
                    +"${action.title}…"
                }
            }
        }
    }
}

private fun TBODY.job(site: Site, job: StoredJob) {
    tr {
        if (site.mayOperate) {
            cell("select") {
                input(InputType.checkBox, name = "id") {
                    value = "${job.id}"
                    attributes["aria-label"] = "Select job ${job.id}"
                }
            }
        }
        cell("id") { a(site.link("/jobs/${job.id}")) { +"${job.id}" } }
        cell("entrypoint") { +job.entrypoint }
        cell("status") { badge(job.status) }
        number("priority", "${job.priority}")
        number("retries", "${job.attempts}")
        cell("enqueued") { moment(job.created) }
        cell("due") { moment(job.runAt) }
        number("payload", job.payloadBytes?.let { bytes(it.toLong()) } ?: "-")
        cell("dedupe key", "long") { +(job.dedupeKey ?: "-") }
    }
}

private val HEADS = arrayOf(
    "id", "entrypoint", "status", "priority", "retries", "enqueued", "due", "payload", "dedupe key",
)

private val IN_QUEUE = listOf(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.HELD)
private val ENDED = JobStatus.entries.filter { it.isTerminal }
private const val PAGE = 50
private const val MOST_COUNTED = 1_000
