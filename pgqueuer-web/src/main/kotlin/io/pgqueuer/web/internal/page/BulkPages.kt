package io.pgqueuer.web.internal.page

import io.pgqueuer.Backend
import io.pgqueuer.JobFilter
import io.pgqueuer.MatchingJobs
import io.pgqueuer.web.internal.action.BulkTask
import io.pgqueuer.web.internal.action.JobAction
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Tab
import io.pgqueuer.web.internal.html.act
import io.pgqueuer.web.internal.html.badge
import io.pgqueuer.web.internal.html.cell
import io.pgqueuer.web.internal.html.count
import io.pgqueuer.web.internal.html.listing
import io.pgqueuer.web.internal.html.moment
import io.pgqueuer.web.internal.html.nothing
import kotlinx.html.a
import kotlinx.html.code
import kotlinx.html.p
import kotlinx.html.progress
import kotlinx.html.role
import kotlinx.html.tr

/** Asks before all jobs that match are changed: how many there are, and the first of them. */
internal suspend fun confirmPage(backend: Backend, action: JobAction, filter: JobFilter): Page {
    val jobs = MatchingJobs(backend, filter, action.statuses)
    val matching = jobs.count()
    val first = jobs.first(SHOWN)
    return Page("${action.title} all that match?", Tab.JOBS, isLive = false) { site ->
        p {
            +"Filter: "
            code { +"$filter" }
        }
        if (matching == 0) return@Page nothing("No job matches that can be ${action.done}.")
        listing("id", "entrypoint", "status", "enqueued") {
            first.forEach { job ->
                tr {
                    cell("id") { a(site.link("/jobs/${job.id}")) { +"${job.id}" } }
                    cell("entrypoint") { +job.entrypoint }
                    cell("status") { badge(job.status) }
                    cell("enqueued") { moment(job.created) }
                }
            }
        }
        if (matching > first.size) p { +"… and ${count((matching - first.size).toLong())} more." }
        p { +"They are changed in chunks of 500. You can stop it at any time." }
        act(
            site,
            "/tasks",
            "${action.title} ${count(matching.toLong())} jobs",
            "filter" to filter,
            "action" to action.verb,
            isDangerous = action.isDangerous,
        )
        p { a(site.link("/jobs", "filter" to filter)) { +"Back to the jobs" } }
    }
}

/** How far a change of all jobs that match is. */
internal fun taskPage(task: BulkTask): Page =
    Page("${task.action.title} all that match", Tab.JOBS, task.isRunning) { site ->
        p {
            +"Filter: "
            code { +"${task.filter}" }
        }
        progress {
            max = "${maxOf(task.expected, task.seen, 1)}"
            value = "${task.seen}"
        }
        p {
            role = "status"
            val all = count(maxOf(task.expected, task.seen).toLong())
            +"${count(task.changed.toLong())} of $all jobs are ${task.action.done}. "
            val left = task.seen - task.changed
            if (left > 0) {
                +"${count(left.toLong())} could not be: their status changed, or their dedupe keys are taken. "
            }
            when {
                task.failure != null -> +"It ended early: ${task.failure}"
                task.run?.isCancelled == true -> +"It was stopped."
                !task.isRunning -> +"Done."
            }
        }
        if (task.isRunning) act(site, "/tasks/${task.number}/stop", "Stop")
        p { a(site.link("/jobs", "filter" to task.filter)) { +"Back to the jobs" } }
    }

private const val SHOWN = 10
