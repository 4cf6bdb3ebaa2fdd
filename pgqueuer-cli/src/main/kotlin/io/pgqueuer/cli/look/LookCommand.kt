package io.pgqueuer.cli.look

import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.Backend
import io.pgqueuer.cli.PgqCommand

/**
 * Shows rows: a table with a header, or with `--json` one object on each line. It changes nothing.
 *
 * @param nothing is said on stderr if there is no row.
 */
internal abstract class LookCommand(
    name: String,
    help: String,
    examples: List<String>,
    private val nothing: String,
) : PgqCommand(name, help, examples) {
    private val json by option().flag().help("print one JSON object on each line, with durations in seconds")

    protected abstract suspend fun rows(backend: Backend): List<Row>

    override suspend fun run() {
        val rows = withBackend(::rows)
        if (rows.isEmpty()) return echo(nothing, err = true)
        (if (json) rows.map { "${it.json()}" } else table(rows)).forEach { echo(it) }
    }
}
