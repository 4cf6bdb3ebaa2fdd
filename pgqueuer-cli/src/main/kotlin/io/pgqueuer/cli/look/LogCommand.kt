package io.pgqueuer.cli.look

import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.multiple
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.choice
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.long
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.Backend
import io.pgqueuer.JobStatus
import io.pgqueuer.LogFilter
import io.pgqueuer.cli.PgqCommand
import io.pgqueuer.cli.interruptible
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.seconds

internal class LogCommand :
    PgqCommand(
        "log",
        "Show the newest entries of the log, oldest first, and with --follow those that come.",
        examples = listOf("pgq log --status failed --status exception", "pgq log --follow --entrypoint mail"),
    ) {
    private val follow by option("-f", "--follow").flag().help("print new entries until the command is interrupted")
    private val entrypoint by option().help("show only jobs of this entrypoint")
    private val statuses by option("--status").choice(JobStatus.entries.associateBy { it.label }).multiple()
        .help("show only entries with this status; can be given more than once")
    private val priority by option().int().help("show only entries with this priority")
    private val failure by option().help("show only failures with this type of exception, with or without its package")
    private val limit by option().int().restrictTo(min = 1).default(100).help("the most entries to show (default: 100)")
    private val before by option().long().help("show only entries with a lower id, to go on before the first one")
    private val json by option().flag().help("print one JSON object on each line")

    override suspend fun run() {
        val filter = LogFilter(entrypoint, statuses.toSet(), priority, failure)
        if (follow) interruptible("log") { withBackend { follow(it, filter) } } else withBackend { show(it, filter) }
    }

    private suspend fun show(backend: Backend, filter: LogFilter) {
        val rows = backend.insights.logEntries(filter, limit, before).asReversed().map(::logRow)
        if (rows.isEmpty()) return echo("the log has no such entry", err = true)
        (if (json) rows.map { "${it.json()}" } else table(rows)).forEach { echo(it) }
    }

    private suspend fun follow(backend: Backend, filter: LogFilter) {
        val tail = LogTail(backend.insights, filter)
        var entries = tail.newest(limit)
        // A reader such as `head` may have gone.
        while (!System.out.checkError()) {
            for (row in entries.map(::logRow)) echo(if (json) row.json() else row.texts.joinToString("  "))
            delay(LOOK_EVERY)
            entries = tail.next()
        }
    }

    private companion object {
        val LOOK_EVERY = 1.seconds
    }
}
