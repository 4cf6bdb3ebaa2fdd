package io.pgqueuer.cli.look

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.long
import io.pgqueuer.JobId
import io.pgqueuer.cli.PgqCommand

internal class JobCommand :
    PgqCommand(
        "job",
        "Show a job: its row while it is in the queue, without its payload, and its log with failures.",
        examples = listOf("pgq job 17", "pgq job 17 --json"),
    ) {
    private val id by argument("ID").long().help("the job")
    private val json by option().flag().help("print one JSON object")

    override suspend fun run() {
        val job = withBackend { JobWithLog.read(it.insights, JobId(id)) }
        if (json) echo(job.json()) else job.lines().forEach { echo(it) }
    }
}
