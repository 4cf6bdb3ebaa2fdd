package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.exposed.PostgresSchema

internal class UpgradeCommand : PgqCommand(
    "upgrade",
    "Add what this version needs to the tables of an older one, or of Python PgQueuer; jobs are kept.",
) {
    private val dryRun by option().flag().help("print the SQL, and connect to nothing")

    override suspend fun run() {
        if (dryRun) {
            echo(settings().let { PostgresSchema(it.prefix, it.schema) }.upgradeSql(), trailingNewline = false)
        } else {
            withBackend { it.schema.upgrade() }
            echo("up to date")
        }
    }
}
