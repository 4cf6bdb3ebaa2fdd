package io.pgqueuer.web.internal.page

import io.pgqueuer.Insights
import io.pgqueuer.JobStatus
import io.pgqueuer.LogFilter
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Site
import io.pgqueuer.web.internal.html.Tab
import io.pgqueuer.web.internal.html.badge
import io.pgqueuer.web.internal.html.cell
import io.pgqueuer.web.internal.html.listing
import io.pgqueuer.web.internal.html.moment
import io.pgqueuer.web.internal.html.nothing
import kotlinx.html.FlowContent
import kotlinx.html.FormMethod
import kotlinx.html.InputType
import kotlinx.html.a
import kotlinx.html.button
import kotlinx.html.form
import kotlinx.html.input
import kotlinx.html.label
import kotlinx.html.option
import kotlinx.html.p
import kotlinx.html.select
import kotlinx.html.tr

/** What happened to jobs, also to those that have ended, newest first. */
internal suspend fun logPage(insights: Insights, entrypoint: String?, status: JobStatus?, before: Long?): Page {
    val filter = LogFilter(entrypoint, setOfNotNull(status))
    val entries = insights.logEntries(filter, PAGE + 1, before)
    val shown = entries.take(PAGE)
    fun address(site: Site, before: Long?) =
        site.link("/log", "entrypoint" to entrypoint, "status" to status?.label, "before" to before)
    return Page("Log", Tab.LOG, isLive = before == null) { site ->
        filterForm(site, entrypoint, status)
        if (shown.isEmpty()) nothing("The log has no such entry.")
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
            if (before != null) a(address(site, null)) { +"Newest" }
            +" "
            if (entries.size > PAGE) a(address(site, shown.last().id)) { +"Older" }
        }
    }
}

private fun FlowContent.filterForm(site: Site, entrypoint: String?, status: JobStatus?) {
    form(action = site.link("/log"), method = FormMethod.get, classes = "line") {
        label {
            +"Entrypoint "
            input(InputType.search, name = "entrypoint") { value = entrypoint.orEmpty() }
        }
        label {
            +" Status "
            select {
                attributes["name"] = "status"
                option {
                    value = ""
                    +"all"
                }
                JobStatus.entries.forEach { one ->
                    option {
                        value = one.label
                        selected = one == status
                        +one.label
                    }
                }
            }
        }
        button { +"Apply" }
    }
}

private const val PAGE = 100
