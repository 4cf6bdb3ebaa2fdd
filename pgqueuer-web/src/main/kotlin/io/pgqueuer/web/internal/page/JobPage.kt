package io.pgqueuer.web.internal.page

import io.pgqueuer.Insights
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.LogEntry
import io.pgqueuer.StoredJob
import io.pgqueuer.web.PayloadRedactor
import io.pgqueuer.web.internal.action.JobAction
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Site
import io.pgqueuer.web.internal.html.Tab
import io.pgqueuer.web.internal.html.act
import io.pgqueuer.web.internal.html.badge
import io.pgqueuer.web.internal.html.bytes
import io.pgqueuer.web.internal.html.cell
import io.pgqueuer.web.internal.html.count
import io.pgqueuer.web.internal.html.fact
import io.pgqueuer.web.internal.html.listing
import io.pgqueuer.web.internal.html.moment
import io.pgqueuer.web.internal.html.nothing
import io.pgqueuer.web.internal.html.short
import kotlinx.html.FlowContent
import kotlinx.html.FlowOrPhrasingContent
import kotlinx.html.a
import kotlinx.html.details
import kotlinx.html.div
import kotlinx.html.dl
import kotlinx.html.h2
import kotlinx.html.p
import kotlinx.html.pre
import kotlinx.html.section
import kotlinx.html.span
import kotlinx.html.summary
import kotlinx.html.tr

/** One job: its row if it is in the queue, its payload, its life as the log knows it, and its failures. */
internal suspend fun jobPage(insights: Insights, id: JobId, redactor: PayloadRedactor): Page? {
    val job = insights.job(id)
    val log = insights.log(id, MOST_ENTRIES)
    if (job == null && log.isEmpty()) return null
    val payload = job?.let { PayloadText.of(it, redactor) }
    return Page("Job $id", Tab.JOBS) { site ->
        if (job == null) {
            p {
                badge(log.last().status)
                +" It has ended, and is in the log alone."
            }
        } else {
            actions(site, job)
            row(site, job)
        }
        section {
            h2 { +"Life" }
            if (log.size ==
                MOST_ENTRIES
            ) {
                p("remark") { +"These are the newest ${count(MOST_ENTRIES.toLong())} entries." }
            }
            life(site, log)
        }
        section {
            h2 { +"Failures" }
            failures(log)
        }
        if (job != null) {
            section {
                h2 { +"Payload" }
                payload(job, payload)
            }
            section {
                h2 { +"Headers" }
                job.headers?.let { pre { +prettyJson(it) } } ?: nothing("It has no headers.")
            }
            if (payload?.isText == true) {
                section {
                    h2 { +"Enqueue the same again" }
                    pre { +enqueueCommand(job, payload.text) }
                }
            }
        }
    }
}

private const val MOST_ENTRIES = 1_000

private fun FlowContent.actions(site: Site, job: StoredJob) {
    div("actions") {
        badge(job.status)
        JobAction.entries.filter { job.status in it.statuses }.forEach { action ->
            act(
                site,
                "/jobs/selected",
                action.title,
                "id" to job.id,
                "action" to action.verb,
                isDangerous = action.isDangerous,
            )
        }
    }
}

private fun FlowContent.row(site: Site, job: StoredJob) {
    dl("facts") {
        fact("entrypoint") {
            a(site.link("/jobs", "filter" to JobFilter(entrypoint = job.entrypoint))) { +job.entrypoint }
        }
        fact("priority") { +"${job.priority}" }
        fact("retries") { +"${job.attempts}" }
        fact("rescues") { +"${job.rescues}" }
        fact("enqueued") { moment(job.created) }
        fact("due") { moment(job.runAt) }
        fact("changed") { moment(job.updated) }
        job.dedupeKey?.let { fact("dedupe key") { +it } }
        if (job.status == JobStatus.PICKED) {
            fact("worker") { a(site.link("/jobs", "filter" to "worker:${job.workerId}")) { +"${job.workerId}" } }
            fact("heartbeat") { moment(job.heartbeat) }
            fact("lease epoch") { +"${job.leaseEpoch}" }
        }
        job.cancelRequestedAt?.let { fact("cancel requested") { moment(it) } }
    }
}

private fun FlowContent.life(site: Site, log: List<LogEntry>) {
    if (log.isEmpty()) return nothing("The log knows nothing of it.")
    listing("when", "status", "after", "what happened") {
        log.forEachIndexed { index, entry ->
            tr {
                cell("when") { moment(entry.created) }
                cell("status") { badge(entry.status) }
                cell("after") { +(if (index == 0) "-" else short(entry.created - log[index - 1].created)) }
                cell("what happened", "long") {
                    // One element, which stays together on a narrow page.
                    span {
                        claim(site, entry)
                        +(entry.failure?.let { "${it.type}: ${it.message}" } ?: "")
                    }
                }
            }
        }
    }
}

/** Claims of Python workers and of older versions do not tell who made them. */
private fun FlowOrPhrasingContent.claim(site: Site, entry: LogEntry) {
    entry.workerId?.let { worker ->
        +"claimed by worker "
        a(site.link("/jobs", "filter" to JobFilter(workerId = worker))) { +"$worker" }
        +" (JVM), lease ${entry.leaseEpoch}"
    }
}

/** The same cause stands once, with how often it came. */
private fun FlowContent.failures(log: List<LogEntry>) {
    val causes = log.mapNotNull { it.failure }.groupBy { it.type to it.message }
    if (causes.isEmpty()) return nothing("It has not failed.")
    for ((cause, records) in causes) {
        val (type, message) = cause
        details {
            summary { +"${records.size} × $type: $message" }
            val last = records.last()
            pre { +last.stackTrace.ifBlank { "There is no stack trace." } }
            last.context?.let { pre { +prettyJson(it) } }
        }
    }
}

private fun FlowContent.payload(job: StoredJob, payload: PayloadText?) {
    val size = job.payloadBytes
    when {
        size == null -> nothing("It has no payload.")

        payload == null -> p { +"${bytes(size.toLong())}, hidden." }

        else -> {
            p { +"${bytes(size.toLong())}, ${payload.kind}" }
            pre { +payload.text }
        }
    }
}
