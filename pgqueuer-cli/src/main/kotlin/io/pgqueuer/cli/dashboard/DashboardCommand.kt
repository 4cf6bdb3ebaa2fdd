package io.pgqueuer.cli.dashboard

import com.github.ajalt.clikt.core.terminal
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.options.validate
import com.github.ajalt.mordant.input.enterRawModeOrNull
import io.pgqueuer.cli.PgqCommand
import io.pgqueuer.cli.duration
import io.pgqueuer.cli.interruptible
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

internal class DashboardCommand :
    PgqCommand(
        "dashboard",
        "Show the queue live: entrypoints, workers and failures, with keys to look at jobs, requeue and cancel them. " +
            "Prints it once if the output is no terminal.",
        examples = listOf("pgq dashboard", "pgq dashboard --interval 5s"),
    ) {
    private val interval by option().duration().default(2.seconds)
        .help("how often the queue is read (default: 2s)")
        .validate { require(it >= SHORTEST_INTERVAL) { "must be at least $SHORTEST_INTERVAL, was $it" } }

    override suspend fun run() {
        val info = terminal.terminalInfo
        if (info.inputInteractive && info.outputInteractive) live() else once()
    }

    private suspend fun once() = withBackend { backend ->
        val content = Reader(backend).read(View.Overview) as Content.Overview
        Screen(place()).plain(content).forEach { echo(it.text) }
    }

    private suspend fun live() = interruptible("dashboard") {
        withBackend { backend ->
            val keys = terminal.enterRawModeOrNull() ?: return@withBackend once()
            keys.use {
                Canvas(terminal).use { canvas -> Dashboard(backend, keys, canvas, Screen(place()), interval).run() }
            }
        }
    }

    /** The prefix and the schema, and where the server is. */
    private fun place(): String = with(settings()) {
        listOfNotNull(
            "pgqueuer at ${hosts.joinToString(",")}/${database ?: user}",
            schema?.let {
                "schema $it"
            },
            prefix.ifEmpty { null }?.let { "prefix $it" },
        )
            .joinToString("  ")
    }

    private companion object {
        val SHORTEST_INTERVAL = 200.milliseconds
    }
}
