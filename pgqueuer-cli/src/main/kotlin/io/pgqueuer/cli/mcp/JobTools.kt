package io.pgqueuer.cli.mcp

import io.pgqueuer.Backend
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.LogFilter
import io.pgqueuer.cli.look.JobWithLog
import io.pgqueuer.cli.look.Row
import io.pgqueuer.cli.look.failureTypeRows
import io.pgqueuer.cli.look.heldRow
import io.pgqueuer.cli.look.jobDetails
import io.pgqueuer.cli.look.jobRow
import io.pgqueuer.cli.look.logRow
import io.pgqueuer.cli.look.staleRow
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds

/** The tools that find and show jobs. */
internal class JobTools(
    private val backend: Backend,
    private val showsPayloads: Boolean,
) {
    private val insights = backend.insights
    private val limit = limit()
    private val after = optionalId("after", "only jobs with a higher id, to go on after the last one")
    private val entrypoint = text("entrypoint", "only this entrypoint, by its exact name (default: all)")
    private val filter = text(
        "filter",
        "conditions that must all hold, separated by spaces, as in status:failed entrypoint:mail age:1h priority:5 " +
            "worker:ID dedupe-key:KEY failure:IOException header.tenant:acme; " +
            (if (showsPayloads) PAYLOAD_CONDITIONS else "") +
            "status is queued, picked or failed; a value with spaces stands in double quotes (default: all jobs)",
    )

    val all: List<QueueTool> = listOf(jobs(), countJobs(), job(), failedJobs(), failureTypes(), staleJobs(), log())

    private fun jobs() = readingTool(
        "jobs",
        "Find jobs",
        "Returns the jobs in the queue that match a filter, by id, without payloads. Jobs that have ended are in the " +
            "log alone.",
        filter,
        limit,
        after,
    ) { given -> page(insights.jobs(filter(given), given[limit], after(given)).map(::jobRow), given[limit], "after") }

    private fun countJobs(): QueueTool {
        val most = number("at_most", "where to stop counting", 1..100_000, 10_000)
        return readingTool(
            "count_jobs",
            "Count jobs",
            "Counts the jobs in the queue that match a filter, up to a bound.",
            filter,
            most,
        ) { given ->
            val count = insights.countJobs(filter(given), given[most])
            Answer.of(Row("jobs" to count, "or_more" to (count == given[most])))
        }
    }

    private fun job(): QueueTool {
        val id = jobId("id", "the job")
        val steps = number("limit", "the most entries of its log to return, the newest ones", 1..1_000, 100)
        return readingTool(
            "job",
            "One job with its log",
            "Returns one job: its row while it is in the queue, its log with failures, and the last stack trace. " +
                if (showsPayloads) "The payload is shown." else "Of its payload, only the size is shown.",
            id,
            steps,
        ) { given ->
            val found = JobWithLog.read(insights, given[id], given[steps])
            val payload = if (showsPayloads) found.job?.let(::payloadCells).orEmpty() else emptyList()
            val details = found.job?.let { jobDetails(it) + payload }
            // In a table, a text would end with its first line.
            val payloadLines = payload.flatMap { (name, value) -> listOf("$name:", "$value") }
            Answer(found.json(details), found.lines() + payloadLines, MOST_TEXT)
        }
    }

    private fun failedJobs() = readingTool(
        "failed_jobs",
        "Failed jobs",
        "Returns jobs that failed for good and are held until somebody requeues or dismisses them, by id, with their " +
            "failures. failure_types groups them.",
        entrypoint,
        limit,
        after,
    ) { given ->
        val held = backend.queue.heldJobs(given[limit], after(given), given[entrypoint])
        page(held.map(::heldRow), given[limit], "after")
    }

    private fun failureTypes(): QueueTool {
        val most = number("limit", "the most held jobs to look at, those with the lowest ids", 1..1_000, 1_000)
        return readingTool(
            "failure_types",
            "Failures by type",
            "Groups held jobs by entrypoint and by the type of the exception, those with the most jobs first. The " +
                "filter of a group selects its jobs in jobs and count_jobs.",
            entrypoint,
            most,
        ) { given ->
            val held = backend.queue.heldJobs(given[most], entrypoint = given[entrypoint])
            Answer.ofPart(failureTypeRows(held), "held jobs", given[most].takeIf { it == held.size })
        }
    }

    private fun staleJobs(): QueueTool {
        val age = duration("age", "how old the heartbeat must be", default = 30.seconds, most = 366.days)
        return readingTool(
            "stale_jobs",
            "Stale jobs",
            "Returns running jobs whose heartbeat is old: their worker died or hangs. Oldest first.",
            age,
            limit,
        ) { given ->
            val jobs = insights.staleJobs(given[age], given[limit])
            Answer.ofPart(jobs.map(::staleRow), "jobs", given[limit].takeIf { it == jobs.size })
        }
    }

    private fun log(): QueueTool {
        val filter = text(
            "filter",
            "conditions that must all hold, separated by spaces, as in status:exception,failed entrypoint:mail " +
                "priority:5 failure:IOException; status is one or several of queued, picked, successful, exception, " +
                "failed (held), canceled and deleted, with commas; a value with spaces stands in double quotes " +
                "(default: all entries)",
        )
        val before = optionalId("before", "only entries with a lower id, to go on before the first one")
        return readingTool(
            "log",
            "Log of all jobs",
            "Returns the newest entries of the log, oldest first: what happened to jobs, also to those that have " +
                "ended. Each has its own id and that of its job. A filter that few entries match searches the whole " +
                "log, for at most 10 s.",
            filter,
            limit,
            before,
        ) { given ->
            val wanted = given[filter]?.let(LogFilter::parse) ?: LogFilter.ALL
            val entries = insights.logEntries(wanted, given[limit], given[before])
            page(entries.asReversed().map(::logRow), given[limit], "before")
        }
    }

    /** Payloads that are hidden must not be found by guesses. */
    private fun filter(given: Arguments): JobFilter {
        val wanted = given[filter]?.let(JobFilter::parse) ?: JobFilter.ALL
        require(showsPayloads || !wanted.readsPayloads) {
            "this server hides payloads, so a filter must not have payload conditions; the user can start " +
                "`pgq mcp` with --show-payloads"
        }
        return wanted
    }

    private fun after(given: Arguments) = given[after]?.let(::JobId)

    /** The next page begins at the first row if it is before, otherwise at the last one. */
    private fun page(rows: List<Row>, limit: Int, argument: String): Answer {
        val edge = if (argument == "before") rows.firstOrNull() else rows.lastOrNull()
        return Answer.ofPage(rows, edge?.takeIf { rows.size == limit }?.let { argument to it[0] as Long })
    }

    private companion object {
        const val MOST_TEXT = 20_000
        const val PAYLOAD_CONDITIONS = "payload:TEXT finds a text in payloads, payload.customer.id:42 a value in JSON; "
    }
}
