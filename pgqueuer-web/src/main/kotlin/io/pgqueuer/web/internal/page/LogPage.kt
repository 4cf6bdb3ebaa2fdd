package io.pgqueuer.web.internal.page

import io.pgqueuer.Insights
import io.pgqueuer.JobStatus
import io.pgqueuer.LogFilter
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Site
import io.pgqueuer.web.internal.html.Tab
import io.pgqueuer.web.internal.html.badge
import io.pgqueuer.web.internal.html.cell
import io.pgqueuer.web.internal.html.count
import io.pgqueuer.web.internal.html.listing
import io.pgqueuer.web.internal.html.moment
import io.pgqueuer.web.internal.html.nothing
import io.pgqueuer.web.internal.state.LogSearch
import kotlinx.html.FlowContent
import kotlinx.html.a
import kotlinx.html.code
import kotlinx.html.p
import kotlinx.html.tr

/** What happened to jobs, also to those that have ended, newest first. */
internal suspend fun logPage(insights: Insights, text: String, before: Long?): Page {
    val filter = try {
        LogFilter.parse(text)
    } catch (e: IllegalArgumentException) {
        return wrongFilter("Log", Tab.LOG, e) { filterForm(it, text) }
    }
    val search = LogSearch.run(insights, filter, PAGE, before)
    val shown = search.entries
    return Page("Log", Tab.LOG, isLive = before == null) { site ->
        filterForm(site, "$filter")
        if (shown.isEmpty() && search.rest == null) nothing("The log has no such entry.")
        if (shown.size < PAGE && search.rest != null) {
            nothing("Only ${count(LogSearch.STEP)} entries of the log were searched. “Older” searches on.")
        }
        if (shown.isNotEmpty()) {
            listing("when", "job", "entrypoint", "status", "failure") {
                shown.forEach { entry ->
                    tr {
                        cell("when") { moment(entry.created) }
                        cell("job") { a(site.link("/jobs/${entry.jobId}")) { +"${entry.jobId}" } }
                        cell("entrypoint") { +entry.entrypoint }
                        cell("status") { badge(entry.status) }
                        cell("failure", "long") { +(entry.failure?.let { "${it.type}: ${it.message}" } ?: "") }
                    }
                }
            }
        }
        p("pages") {
            if (before != null) a(site.link("/log", "filter" to filter)) { +"Newest" }
            +" "
            search.rest?.let { a(site.link("/log", "filter" to filter, "before" to it)) { +"Older" } }
        }
    }
}

private fun FlowContent.filterForm(site: Site, text: String) {
    filterForm(site, "/log", text, "status:exception entrypoint:mail", JobStatus.entries) {
        LogFilter(statuses = setOf(it))
    }
    p("remark") {
        +"Conditions: "
        code { +"status entrypoint priority failure" }
        +", each as name:value; several statuses with commas."
    }
}

private const val PAGE = 100
