package io.pgqueuer.cli.schema

import com.github.ajalt.clikt.core.subcommands
import io.pgqueuer.cli.BaseCommand

/** Prints the SQL of the commands that change the schema, for Flyway, Liquibase, and those who may not connect. */
internal class SqlCommand :
    BaseCommand(
        "sql",
        "Print the SQL of a change of the schema, without connecting to a server: for Flyway, Liquibase or a DBA.",
        examples = listOf("pgq sql install > V1__pgqueuer.sql", "pgq sql upgrade | psql"),
    ) {
    init {
        subcommands(
            listOf(InstallCommand(printsSql = true), UpgradeCommand(printsSql = true)) +
                UninstallCommand(printsSql = true) + AutovacCommand(printsSql = true) +
                PropertyCommand.all(printsSql = true),
        )
    }

    override suspend fun run() = Unit
}
