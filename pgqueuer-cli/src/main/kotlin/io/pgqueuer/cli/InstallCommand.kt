package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.enum
import io.pgqueuer.domain.Durability
import io.pgqueuer.exposed.PostgresSchema

internal class InstallCommand : PgqCommand("install", "Create the tables of the queue; a no-op where they are there.") {
    private val durability by option()
        .enum<Durability> { it.name.lowercase() }
        .default(Durability.DURABLE)
        .help("what survives a crash of the server")
    private val dryRun by option().flag().help("print the SQL, and connect to nothing")

    override suspend fun run() {
        if (dryRun) {
            echo(
                settings().let {
                    PostgresSchema(it.prefix, it.schema)
                }.installSql(durability),
                trailingNewline = false,
            )
        } else {
            withBackend { it.schema.install(durability) }
            echo("installed, ${durability.name.lowercase()}")
        }
    }
}
