package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.enum
import io.pgqueuer.domain.Durability
import io.pgqueuer.domain.LogLevel
import io.pgqueuer.domain.QueueProperties
import io.pgqueuer.exposed.PostgresSchema

internal class InstallCommand : PgqCommand("install", "Create the tables of the queue; a no-op where they are there.") {
    private val durability by option()
        .enum<Durability> { it.name.lowercase() }
        .default(Durability.DURABLE)
        .help("what survives a crash of the server (default: durable)")
    private val logLevel by option("--log-level")
        .enum<LogLevel> { it.label }
        .default(LogLevel.FULL)
        .help("what the log keeps: every change, ends and retries, or failures alone (default: full)")
    private val silent by option("--no-notifications").flag()
        .help("let an enqueue wake nobody: workers find jobs when they poll")
    private val dryRun by option().flag().help("print the SQL, and connect to nothing")

    override suspend fun run() {
        val properties = QueueProperties(durability, logLevel, notifications = !silent)
        if (dryRun) {
            val schema = settings().let { PostgresSchema(it.prefix, it.schema) }
            echo(schema.installSql(properties), trailingNewline = false)
        } else {
            withBackend { it.schema.install(properties) }
            echo("installed, ${durability.name.lowercase()}")
        }
    }
}
