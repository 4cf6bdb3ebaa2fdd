package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.long
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.HeldJob
import io.pgqueuer.JobId

internal class HeldCommand :
    PgqCommand("held", "List held jobs with their failures: id, entrypoint, retries and exception, by id.") {
    private val limit by option().int().restrictTo(min = 1).default(100).help("the most jobs to list (default: 100)")
    private val after by option().long().help("list only jobs with a higher id, to go on after the last one")

    private val entrypoint by option().help("list only jobs of this entrypoint")
    private val count by option().flag().help("print how many jobs each entrypoint holds, instead of the jobs")

    override suspend fun run() {
        if (count) counts() else list()
    }

    private suspend fun counts() {
        val counts = withBackend { it.insights.heldCounts() }
        counts.filterKeys { entrypoint == null || it == entrypoint }.forEach { (name, held) -> echo("$held  $name") }
    }

    private suspend fun list() {
        val held = withBackend { it.queue.heldJobs(limit, after?.let(::JobId), entrypoint) }
        held.forEach { echo(lineOf(it)) }
        if (held.size == limit) echo("there may be more: --after ${held.last().job.id}", err = true)
    }

    private fun lineOf(held: HeldJob): String = with(held) {
        val why = failure?.run { "$type: $message" }?.lineSequence()?.first() ?: "the log has no failure any more"
        "${job.id}  ${job.entrypoint}  ${job.attempts}  $why"
    }
}
