package io.pgqueuer.cli.look

import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.long
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.Backend
import io.pgqueuer.HeldJob
import io.pgqueuer.JobId

internal class HeldCommand :
    LookCommand("held", "List held jobs with their failures, by id.", nothing = "no such job is held") {
    private val limit by option().int().restrictTo(min = 1).default(100).help("the most jobs to list (default: 100)")
    private val after by option().long().help("list only jobs with a higher id, to go on after the last one")

    private val entrypoint by option().help("list only jobs of this entrypoint")
    private val count by option().flag().help("print how many jobs each entrypoint holds, instead of the jobs")

    override suspend fun rows(backend: Backend): List<Row> = if (count) counts(backend) else list(backend)

    private suspend fun counts(backend: Backend) = backend.insights.heldCounts()
        .filterKeys { entrypoint == null || it == entrypoint }
        .map { (name, held) -> Row("entrypoint" to name, "jobs" to held) }

    private suspend fun list(backend: Backend): List<Row> {
        val held = backend.queue.heldJobs(limit, after?.let(::JobId), entrypoint)
        if (held.size == limit) echo("there may be more: --after ${held.last().job.id}", err = true)
        return held.map(::rowOf)
    }

    private fun rowOf(held: HeldJob) = Row(
        "id" to held.job.id.value,
        "entrypoint" to held.job.entrypoint,
        "attempts" to held.job.attempts,
        "failure" to (held.failure?.run { "$type: $message" } ?: "the log has no failure any more"),
    )
}
