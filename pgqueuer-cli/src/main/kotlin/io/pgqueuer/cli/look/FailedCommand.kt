package io.pgqueuer.cli.look

import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.long
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.Backend
import io.pgqueuer.JobId

internal class FailedCommand :
    LookCommand(
        "failed",
        "List jobs that failed for good and are held, with their failures, by id.",
        examples = listOf("pgq failed --entrypoint mail --limit 10", "pgq failed --after 117 --json"),
        nothing = "no such job is held",
    ) {
    private val limit by option().int().restrictTo(min = 1).default(100).help("the most jobs to list (default: 100)")
    private val after by option().long().help("list only jobs with a higher id, to go on after the last one")

    private val entrypoint by option().help("list only jobs of this entrypoint")

    override suspend fun rows(backend: Backend): List<Row> {
        val held = backend.queue.heldJobs(limit, after?.let(::JobId), entrypoint)
        if (held.size == limit) echo("there may be more: --after ${held.last().job.id}", err = true)
        return held.map(::heldRow)
    }
}
