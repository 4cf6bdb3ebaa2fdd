package io.pgqueuer.cli.mcp

import io.pgqueuer.Backend
import io.pgqueuer.cli.Versions
import io.pgqueuer.cli.look.Row
import io.pgqueuer.cli.look.backlogRows
import io.pgqueuer.cli.look.pauseRow
import io.pgqueuer.cli.look.runTimesRow
import io.pgqueuer.cli.look.scheduleRow
import io.pgqueuer.cli.look.statusRow
import io.pgqueuer.cli.look.table
import io.pgqueuer.cli.look.tableRow
import io.pgqueuer.cli.look.throughputRow
import io.pgqueuer.cli.look.workerRow
import io.pgqueuer.cli.schema.differenceRow
import io.pgqueuer.cli.schema.schemaDifferences
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours

/** The tools that show the whole queue. */
internal class QueueTools(
    private val backend: Backend,
) {
    private val insights = backend.insights
    private val limit = limit()
    private val entrypoint = text("entrypoint", "only this entrypoint, by its exact name (default: all)")
    private val window = duration("window", "how far to look back", default = 1.hours, most = 366.days)

    val all: List<QueueTool> = listOf(
        readingTool(
            "status",
            "State of the queue",
            "Returns the state of the whole queue in one row: jobs that wait, run and are held, how long the oldest " +
                "due one has waited, ended and failed jobs of the last hour, pauses, workers, settings, table sizes.",
        ) { Answer.of(statusRow(backend)) },
        readingTool(
            "backlog",
            "Backlog by entrypoint",
            "Returns for each entrypoint how many jobs are queued, due, running and held, how long the oldest due " +
                "one has been due (overdue), and whether it is paused.",
            entrypoint,
            limit,
        ) { given -> rows(backlogRows(insights), given) },
        readingTool(
            "throughput",
            "Throughput by entrypoint",
            "Counts how often jobs reached each status within a window, by entrypoint and status: queued, picked, " +
                "successful, failed (held), exception, canceled and deleted.",
            window,
            entrypoint,
            limit,
        ) { given -> rows(insights.throughput(given[window]).map(::throughputRow), given) },
        readingTool(
            "run_times",
            "Run and wait times by entrypoint",
            "Returns how long runs took that ended within a window and how long their jobs had waited, by " +
                "entrypoint: their number, and the 50th, 95th and 99th percentile, of the newest 10,000 runs.",
            window,
            entrypoint,
            limit,
        ) { given -> rows(insights.runTimes(given[window]).map(::runTimesRow), given) },
        readingTool(
            "workers",
            "Workers",
            "Returns the workers that hold jobs, with the number of jobs and the age of their oldest heartbeat. " +
                "Workers without a job cannot be seen.",
            limit,
        ) { given -> Answer.ofFirst(insights.activeWorkers().map(::workerRow), given[limit]) },
        readingTool(
            "schedules",
            "Schedules",
            "Returns the schedules that workers have registered, with their cron expressions, the zones in which " +
                "these are evaluated, next and last runs, and since when they are paused. A paused one has no next run.",
            limit,
        ) { given -> Answer.ofFirst(backend.schedules.list().map(::scheduleRow), given[limit]) },
        readingTool(
            "pauses",
            "Pauses",
            "Returns what is paused, since when, until when and why. An entrypoint that is null stands for the whole " +
                "queue.",
            limit,
        ) { given -> Answer.ofFirst(insights.pauses().map(::pauseRow), given[limit]) },
        readingTool(
            "tables",
            "Table sizes",
            "Returns the tables of the queue with their rows and dead rows (both estimated) and sizes. The first one " +
                "is the queue itself: its name is the name of the queue.",
        ) { insights.tableSizes().map(::tableRow).let { Answer.ofFirst(it, it.size) } },
        readingTool(
            "schema",
            "Schema of the queue",
            "Returns the version of this program and how the objects of the queue in the database differ from what " +
                "it needs, each with what repairs it. No differences: all is well.",
        ) { schema() },
    )

    private suspend fun schema(): Answer {
        val differences = schemaDifferences(backend.schema).map(::differenceRow)
        val version = Row("version" to Versions.pgqueuer)
        return Answer(
            JsonObject(version.json() + ("differences" to JsonArray(differences.map(Row::json)))),
            version.lines() + table(differences).ifEmpty { listOf("There is no difference.") },
        )
    }

    /** Those of the [entrypoint] if one is given. */
    private fun rows(rows: List<Row>, given: Arguments): Answer {
        val name = given[entrypoint]
        return Answer.ofFirst(rows.filter { name == null || it[0] == name }, given[limit])
    }
}
