package io.pgqueuer.web.internal.page

import io.pgqueuer.JobFilter
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Tab
import io.pgqueuer.web.internal.html.cell
import io.pgqueuer.web.internal.html.count
import io.pgqueuer.web.internal.html.listing
import io.pgqueuer.web.internal.html.moment
import io.pgqueuer.web.internal.html.nothing
import io.pgqueuer.web.internal.html.number
import io.pgqueuer.web.internal.html.short
import io.pgqueuer.web.internal.state.LiveState
import kotlinx.html.a
import kotlinx.html.h2
import kotlinx.html.p
import kotlinx.html.section
import kotlinx.html.tr

/** The workers that hold jobs, and the jobs whose worker died or hangs. */
internal suspend fun workersPage(state: LiveState): Page {
    val workers = state.snapshot().workers
    val stale = state.staleJobs()
    return Page("Workers", Tab.WORKERS) { site ->
        p { +"A worker without jobs cannot be seen here: it leaves nothing in the database." }
        if (workers.isEmpty()) nothing("No worker holds a job.")
        if (workers.isNotEmpty()) {
            listing("worker", "kind", "jobs", "oldest heartbeat") {
                workers.forEach { worker ->
                    tr {
                        cell("worker") {
                            a(site.link("/jobs", "filter" to JobFilter(workerId = worker.id))) { +"${worker.id}" }
                        }
                        cell("kind") { +(if (worker.isPython) "Python" else "JVM") }
                        number("jobs", count(worker.jobs))
                        number(
                            "oldest heartbeat",
                            "${short(worker.heartbeatAge)} ago",
                            worker.heartbeatAge > LiveState.STALE,
                        )
                    }
                }
            }
        }
        section {
            h2 { +"Stale jobs" }
            p {
                +"Their worker has sent no heartbeat for ${LiveState.STALE}. It died or hangs. The next claim takes "
                +"them over."
            }
            if (stale.isEmpty()) nothing("No job is stale.")
            if (stale.isNotEmpty()) {
                listing("job", "entrypoint", "worker", "heartbeat") {
                    stale.forEach { job ->
                        tr {
                            cell("job") { a(site.link("/jobs/${job.id}")) { +"${job.id}" } }
                            cell("entrypoint") { +job.entrypoint }
                            cell("worker") { +"${job.workerId}" }
                            cell("heartbeat") { moment(job.heartbeat) }
                        }
                    }
                }
            }
        }
    }
}
