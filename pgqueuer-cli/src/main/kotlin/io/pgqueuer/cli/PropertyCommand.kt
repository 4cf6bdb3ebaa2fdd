package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.types.choice
import io.pgqueuer.Durability
import io.pgqueuer.LogLevel
import io.pgqueuer.QueueProperties
import io.pgqueuer.exposed.PostgresSchema

/** Changes one of the [QueueProperties] of an installed queue to one of [values]. */
internal class PropertyCommand<T : Any> private constructor(
    name: String,
    help: String,
    private val values: Map<String, T>,
    private val sqlOf: PostgresSchema.(T) -> String,
    private val changed: QueueProperties.(T) -> Unit,
) : SchemaCommand(name, help) {
    private val value by argument("VALUE").choice(values)

    override fun sql(schema: PostgresSchema) = schema.sqlOf(value)

    override suspend fun change(): String {
        withBackend { it.schema.change(it.schema.properties().with { changed(value) }) }
        return "$commandName: ${values.entries.first { it.value == value }.key}"
    }

    companion object {
        /** Returns one command for each property. */
        fun all(): List<PropertyCommand<*>> = listOf(
            PropertyCommand(
                "durability",
                "Change what survives a crash of the server. Locks the tables that change while it rewrites them.",
                Durability.entries.associateBy { it.label },
                PostgresSchema::durabilitySql,
            ) { durability = it },
            PropertyCommand(
                "log-level",
                "Change what the log keeps: every change (full), ends, holds and retries (terminal), or what did not " +
                    "succeed (failures). With failures, the end of a job cannot be awaited.",
                LogLevel.entries.associateBy { it.label },
                PostgresSchema::logLevelSql,
            ) { logLevel = it },
            PropertyCommand(
                "notifications",
                "Notify idle workers of new jobs (on), or let them find jobs when they poll (off).",
                mapOf("on" to true, "off" to false),
                PostgresSchema::notificationsSql,
            ) { notifications = it },
        )
    }
}
