package io.pgqueuer.web.internal.page

import io.pgqueuer.HeldJob
import io.pgqueuer.JobFilter
import io.pgqueuer.JobStatus
import io.pgqueuer.web.internal.action.JobAction
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Site
import io.pgqueuer.web.internal.html.Tab
import io.pgqueuer.web.internal.html.cell
import io.pgqueuer.web.internal.html.count
import io.pgqueuer.web.internal.html.listing
import io.pgqueuer.web.internal.html.moment
import io.pgqueuer.web.internal.html.nothing
import io.pgqueuer.web.internal.html.number
import io.pgqueuer.web.internal.state.LiveState
import kotlinx.html.FlowContent
import kotlinx.html.a
import kotlinx.html.p
import kotlinx.html.tr

/** Held jobs by entrypoint and by what they failed with, each group with what can be done to all of it. */
internal suspend fun heldPage(state: LiveState): Page {
    val held = state.held()
    val total = state.snapshot().backlog.sumOf { it.held }
    val groups = held.groupBy { Cause(it.job.entrypoint, it.failure?.type, it.failure?.message) }
        .entries.sortedByDescending { it.value.size }
    return Page("Held jobs", Tab.HELD) { site ->
        p {
            +"Held jobs failed for good. They stay in the queue, and do not run, until somebody requeues or dismisses "
            +"them."
        }
        if (held.isEmpty()) nothing("No job is held.")
        if (held.size >= LiveState.MOST_HELD) {
            p("remark") { +"The groups are of the first ${count(held.size.toLong())} of ${count(total)} held jobs." }
        }
        if (held.isNotEmpty()) {
            listing("jobs", "entrypoint", "failure", "newest", "all of this type") {
                groups.forEach { (cause, jobs) ->
                    tr {
                        number("jobs", count(jobs.size.toLong()))
                        cell("entrypoint") { +cause.entrypoint }
                        cell("failure", "long") {
                            a(site.link("/jobs", "filter" to cause.filter())) { +(cause.type ?: "unknown") }
                            cause.message?.let { +": $it" }
                        }
                        cell("newest") { newest(jobs) }
                        cell("all of this type") { actions(site, cause) }
                    }
                }
            }
        }
    }
}

private data class Cause(
    val entrypoint: String,
    val type: String?,
    val message: String?,
) {
    fun filter() = JobFilter(status = JobStatus.HELD, entrypoint = entrypoint, failure = type)
}

private fun FlowContent.newest(jobs: List<HeldJob>) {
    moment(jobs.maxOf { it.job.updated })
}

/** A message is no condition of a filter: so they concern all jobs of the entrypoint that failed with the same type. */
private fun FlowContent.actions(site: Site, cause: Cause) {
    if (!site.mayOperate) return
    for (action in listOf(JobAction.REQUEUE, JobAction.DISMISS)) {
        a(site.link("/jobs/matching", "filter" to cause.filter(), "action" to action.verb), classes = "button") {
            +"${action.title}…"
        }
        +" "
    }
}
