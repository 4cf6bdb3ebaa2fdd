package io.pgqueuer.benchmarks.compare

import com.github.ajalt.clikt.core.CliktCommand
import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.parameters.options.RawOption
import com.github.ajalt.clikt.parameters.options.convert
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.options.split
import com.github.ajalt.clikt.parameters.types.choice
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.test.PostgresFixture
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

internal class CompareCommand : CliktCommand("compare") {
    private val jobs by option().int().restrictTo(min = 1).default(100_000)
        .help("how many jobs each queue enqueues and drains (default: 100000)")
    private val limit by option().duration().default(60.seconds)
        .help("how long an enqueue or a drain may take; the rate counts what was done by then (default: 60s)")
    private val warmUp by option().duration().default(10.seconds)
        .help("how long each queue runs at least before it is measured (default: 10s)")
    private val dsn by option().help("the server to measure on, postgresql://… (default: a durable one of its own)")
    private val only by option(metavar = "NAMES").choice(BY_NAME, ignoreCase = true).split(",").default(CANDIDATES)
        .help("which queues, separated by commas: ${BY_NAME.keys.joinToString()} (default: all)")

    override fun help(context: Context) =
        "Compare PgQueuer with other job queues of the JVM, in the schema pgqueuer_compare, which is dropped."

    override fun run() {
        val given = dsn
        if (given != null) {
            compare(PostgresSettings.parse(given))
        } else {
            PostgresFixture.embedded(durable = true).use { compare(PostgresSettings.parse(it.dsn)) }
        }
    }

    private fun compare(settings: PostgresSettings) {
        val comparison = Comparison(settings, jobs, limit, warmUp) { echo(it, err = true) }
        val measured = only.map(comparison::measure)
        echo(comparisonTable(measured))
        echo()
        echo(conditions(settings))
    }

    private fun conditions(settings: PostgresSettings): String = EmptySchema.use(settings) { schema ->
        listOf(
            "$jobs jobs with payloads of ${PAYLOAD.length} bytes, ${Comparison.ENQUEUE_BATCH} per enqueue call",
            "each measurement at most $limit",
            "PostgreSQL ${schema.text("SHOW server_version")}",
            "fsync ${schema.text("SHOW fsync")}",
            "synchronous_commit ${schema.text("SHOW synchronous_commit")}",
            "JDK ${System.getProperty("java.version")}",
            "${Runtime.getRuntime().availableProcessors()} cores",
        ).joinToString("; ")
    }

    private fun RawOption.duration() = convert("duration") {
        val given = Duration.parseOrNull(it) ?: fail("'$it' is no duration; write it as in 500ms or 60s")
        given.takeIf(Duration::isPositive) ?: fail("it must be > 0, was $given")
    }

    private companion object {
        val BY_NAME = CANDIDATES.associateBy { it.name.lowercase() }
    }
}
