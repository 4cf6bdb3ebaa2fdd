package io.pgqueuer.cli.look

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.arguments.multiple
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.long
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.Backend
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId

internal class JobsCommand :
    LookCommand(
        "jobs",
        "List the jobs in the queue that match all conditions, by id, without their payloads.",
        examples = listOf(
            "pgq jobs status:failed entrypoint:mail",
            "pgq jobs 'entrypoint:\"send mail\" age:1h' --limit 10",
        ),
        nothing = "no job matches",
    ) {
    private val conditions by argument("FILTER").multiple()
        .help("conditions as in status:failed entrypoint:mail age:1h priority:5 header.tenant:acme (default: all jobs)")
    private val limit by option().int().restrictTo(min = 1).default(100).help("the most jobs to list (default: 100)")
    private val after by option().long().help("list only jobs with a higher id, to go on after the last one")

    override suspend fun rows(backend: Backend): List<Row> {
        val jobs = backend.insights.jobs(JobFilter.parse(conditions.joinToString(" ")), limit, after?.let(::JobId))
        if (jobs.size == limit) echo("there may be more: --after ${jobs.last().id}", err = true)
        return jobs.map(::jobRow)
    }
}
