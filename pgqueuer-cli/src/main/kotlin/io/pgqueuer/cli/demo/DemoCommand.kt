package io.pgqueuer.cli.demo

import com.github.ajalt.clikt.core.terminal
import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.default
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.path
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.Backend
import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.Logging
import io.pgqueuer.cli.PgqCommand
import io.pgqueuer.cli.interruptible
import io.pgqueuer.cli.web.Access
import io.pgqueuer.cli.web.LOOPBACK
import io.pgqueuer.cli.web.WebServer
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.test.PostgresFixture
import io.pgqueuer.web.Dashboard
import io.pgqueuer.web.DashboardRole
import kotlinx.coroutines.awaitCancellation
import java.nio.file.Path

internal class DemoCommand :
    PgqCommand(
        "demo",
        "Show the queue at work: a job for each file below PATH hashes the file and writes a row. Then every row is " +
            "checked. Uses a PostgreSQL of its own unless a server is named.",
        examples = listOf("pgq demo", "pgq demo docs --workers 4", "pgq demo --web"),
    ) {
    private val path by argument().path().help("a folder or a file (default: this folder)").default(Path.of(""))
    private val workers by option().int().restrictTo(1..MOST_WORKERS).default(2)
        .help("how many workers run the jobs (default: 2)")
    private val keep by option().flag().help("keep the rows and the held job, on a server that was named")

    private val web by option().flag()
        .help("serve the web dashboard on this machine while the demo runs, and after that until Ctrl-C")

    override suspend fun run() {
        Logging.hushWarnings()
        val walk = FileWalk.of(path)
        interruptible("demo") { demonstrate(walk) }
    }

    private suspend fun demonstrate(walk: FileWalk) = if (namesServer()) {
        demonstrate(walk, settings())
    } else {
        ownServer().use { server -> demonstrate(walk, PostgresSettings.parse(server.dsn)) }
    }

    private fun ownServer() = try {
        PostgresFixture.embedded()
    } catch (e: Exception) {
        throw CommandException("cannot start a PostgreSQL for the demo: $e; name one with --pg-dsn", e)
    }

    private suspend fun demonstrate(walk: FileWalk, settings: PostgresSettings) =
        onDemoDatabase(settings, workers, keep) { backends, table ->
            val demo = Demo(walk, backends, table, terminal)
            if (web) besideDashboard(backends.first()) { check(demo.run()) } else check(demo.run())
        }

    private suspend fun besideDashboard(backend: Backend, run: suspend () -> Unit) {
        val everybody = Access(emptyList(), DashboardRole.OPERATE, anyHost = false)
        Dashboard(backend).use { dashboard ->
            WebServer.start(LOOPBACK, ANY_PORT, dashboard, everybody).use { server ->
                echo("dashboard         ${server.address}")
                run()
                echo("dashboard         stays at ${server.address} until Ctrl-C")
                awaitCancellation()
            }
        }
    }

    private fun check(differences: List<String>) {
        differences.take(MOST_SHOWN).forEach { echo(it, err = true) }
        if (differences.isNotEmpty()) {
            throw CommandException(
                "${differences.size} rows differ from their files; did a file change during the demo?",
            )
        }
        echo("checked           every row agrees with its file")
    }

    private companion object {
        const val MOST_WORKERS = 64
        const val MOST_SHOWN = 20
        const val ANY_PORT = 0
    }
}
