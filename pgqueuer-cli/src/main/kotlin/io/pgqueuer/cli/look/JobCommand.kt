package io.pgqueuer.cli.look

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.long
import io.pgqueuer.JobId
import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.PgqCommand
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject

internal class JobCommand :
    PgqCommand(
        "job",
        "Show a job: its row while it is in the queue, without its payload, and its log with failures.",
        examples = listOf("pgq job 17", "pgq job 17 --json"),
    ) {
    private val id by argument("ID").long().help("the job")
    private val json by option().flag().help("print one JSON object")

    override suspend fun run() {
        val (job, log) = withBackend { it.insights.job(JobId(id)) to it.insights.log(JobId(id)) }
        if (job == null && log.isEmpty()) {
            throw CommandException("there is no job $id in the queue, and the log knows none")
        }
        val row = job?.let(::jobDetails)
        if (json) {
            val entries = JsonArray(log.map { stepRow(it).json() })
            echo(JsonObject(mapOf("job" to (row?.json() ?: JsonNull), "log" to entries)))
            return
        }
        if (row == null) echo("job $id has ended; its log:") else row.lines().forEach { echo(it) }
        if (log.isNotEmpty()) {
            if (row != null) echo("")
            table(log.map(::stepRow)).forEach { echo(it) }
        }
        log.mapNotNull { it.failure?.stackTrace }.lastOrNull { it.isNotBlank() }?.let { echo("\n${it.trimEnd()}") }
    }
}
