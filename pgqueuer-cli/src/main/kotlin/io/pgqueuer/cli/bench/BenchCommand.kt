package io.pgqueuer.cli.bench

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.arguments.multiple
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.choice
import com.github.ajalt.clikt.parameters.types.enum
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.Durability
import io.pgqueuer.LogLevel
import io.pgqueuer.QueueProperties
import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.ConnectionOptions
import io.pgqueuer.cli.Logging
import io.pgqueuer.cli.PgqCommand
import io.pgqueuer.cli.duration
import io.pgqueuer.cli.toDataSource
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.test.PostgresFixture
import kotlin.time.Duration.Companion.seconds

internal class BenchCommand :
    PgqCommand(
        "bench",
        "Measure the queue in the schema pgqueuer_bench, which is dropped before and after. Uses a PostgreSQL of its " +
            "own unless a server is named.",
        examples = listOf("pgq bench drain latency", "pgq bench drain --jobs 10000 --json"),
    ) {
    private val benchmarks by argument("NAME").choice(BENCHMARKS.associateBy { it.name }).multiple(required = true)
        .help("what to measure; one or more")
    private val jobs by option().int().restrictTo(min = 1).default(100_000).help("how many jobs (default: 100000)")
    private val batchSize by option().int().restrictTo(min = 1).default(500)
        .help("the most jobs that one claim leases (default: 500)")
    private val duration by option().duration().default(15.seconds)
        .help("how long to measure, for benchmarks that go by time (default: 15s)")
    private val logLevel by option("--log-level").enum<LogLevel> { it.label }.default(LogLevel.FULL)
        .help("what the log keeps (default: full)")
    private val silent by option("--no-notifications").flag().help("do not notify workers of new jobs")
    private val json by option("--json").flag().help("print one JSON object per line, and nothing else on stdout")

    override fun remarks() =
        BENCHMARKS.joinToString("\n", prefix = "Benchmarks:\n") { "  ${it.name.padEnd(12)} ${it.about}" }

    override suspend fun run() {
        Logging.hushWarnings()
        if (namesServer()) {
            measure(settings(), variables())
        } else {
            ownServer().use { measure(PostgresSettings.parse(it.dsn), mapOf(ConnectionOptions.DSN to it.dsn)) }
        }
    }

    private fun ownServer() = try {
        PostgresFixture.embedded(durable = true)
    } catch (e: Exception) {
        throw CommandException("cannot start a PostgreSQL to measure: $e; name one with --pg-dsn", e)
    }

    private suspend fun measure(settings: PostgresSettings, variables: Map<String, String>) {
        val version = version(settings)
        val properties = QueueProperties {
            durability = Durability.DURABLE
            logLevel = this@BenchCommand.logLevel
            notifications = !silent
        }
        for (benchmark in benchmarks) {
            val bench = Bench(settings, variables, properties, jobs, batchSize, duration) {
                echo("${benchmark.name}: $it", err = true)
            }
            val results = benchmark.run(bench)
            val columns = BenchResult.columns(results)
            for (result in results) {
                val shown = if (benchmark.onServer) result.on(version, properties) else result
                echo(if (json) shown.toJson() else shown.toText(columns))
            }
        }
    }

    private fun version(settings: PostgresSettings): String = settings.toDataSource().connection.use { connection ->
        connection.createStatement().use { statement ->
            statement.executeQuery("SHOW server_version").use { rows -> rows.also { it.next() }.getString(1) }
        }
    }
}
