package io.pgqueuer.web.internal.page

import io.pgqueuer.JobStatus
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Site
import io.pgqueuer.web.internal.html.Tab
import io.pgqueuer.web.internal.html.word
import kotlinx.html.FlowContent
import kotlinx.html.FormMethod
import kotlinx.html.InputType
import kotlinx.html.MAIN
import kotlinx.html.a
import kotlinx.html.button
import kotlinx.html.form
import kotlinx.html.id
import kotlinx.html.input
import kotlinx.html.label
import kotlinx.html.p
import kotlinx.html.role

/**
 * The field in which a filter is written, with links to some filters by status.
 *
 * @param example a filter that shows how one is written.
 */
internal fun FlowContent.filterForm(
    site: Site,
    path: String,
    text: String,
    example: String,
    statuses: List<JobStatus>,
    filterOf: (JobStatus) -> Any,
) {
    form(action = site.link(path), method = FormMethod.get, classes = "line") {
        label {
            +"Filter "
            input(InputType.search, name = "filter") {
                id = "filter"
                value = text
                placeholder = example
                attributes["autocomplete"] = "off"
                attributes["spellcheck"] = "false"
            }
        }
        button { +"Apply" }
        for (status in statuses) {
            a(site.link(path, "filter" to filterOf(status))) { +status.word }
            +" "
        }
    }
}

/** The page of a filter that cannot be read: the [form] to write another one, and what is wrong. */
internal fun wrongFilter(title: String, tab: Tab, error: IllegalArgumentException, form: MAIN.(Site) -> Unit) =
    Page(title, tab, isLive = false) { site ->
        form(site)
        p("error") {
            role = "alert"
            +(error.message ?: "no filter")
        }
    }
