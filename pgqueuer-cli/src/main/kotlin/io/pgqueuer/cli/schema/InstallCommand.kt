package io.pgqueuer.cli.schema

import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.enum
import io.pgqueuer.Durability
import io.pgqueuer.LogLevel
import io.pgqueuer.PythonIndexes
import io.pgqueuer.QueueProperties
import io.pgqueuer.exposed.PostgresSchema

internal class InstallCommand(
    printsSql: Boolean = false,
) : SchemaCommand(
    "install",
    "Create the tables of the queue. Does nothing if they exist.",
    examples = listOf("pgq install", "pgq install --durability balanced --log-level terminal"),
    sqlExample = "pgq sql install --schema jobs > V1__pgqueuer.sql",
    printsSql,
) {
    private val durability by option()
        .enum<Durability> { it.label }
        .default(Durability.DURABLE)
        .help("what survives a crash of the database server (default: durable)")
    private val logLevel by option("--log-level")
        .enum<LogLevel> { it.label }
        .default(LogLevel.FULL)
        .help(
            "what the log keeps: every change (full), ends, holds and retries (terminal), or what did not succeed " +
                "(failures) (default: full)",
        )
    private val silent by option("--no-notifications").flag()
        .help("do not notify workers of new jobs: they find them when they poll")

    private val pythonIndexes by option().flag().help(UpgradeCommand.PYTHON_INDEXES_HELP)

    private val properties get() = QueueProperties {
        durability = this@InstallCommand.durability
        logLevel = this@InstallCommand.logLevel
        notifications = !silent
    }

    override fun sql(schema: PostgresSchema) =
        schema.installSql(properties) + if (pythonIndexes) schema.pythonIndexesSql() else ""

    override suspend fun make() {
        withBackend {
            it.schema.install(properties)
            if (pythonIndexes) it.schema.upgrade(PythonIndexes.ADD)
        }
        echo("installed, ${durability.label}")
    }
}
