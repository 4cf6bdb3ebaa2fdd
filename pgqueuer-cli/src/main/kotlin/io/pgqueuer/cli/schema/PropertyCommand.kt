package io.pgqueuer.cli.schema

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.types.choice
import io.pgqueuer.Durability
import io.pgqueuer.LogLevel
import io.pgqueuer.QueueProperties
import io.pgqueuer.cli.Confirmation
import io.pgqueuer.exposed.PostgresSchema

/** Changes one of the [QueueProperties] of an installed queue to one of [values]. */
internal class PropertyCommand<T : Any> private constructor(
    name: String,
    help: String,
    private val values: Map<String, T>,
    private val sqlOf: PostgresSchema.(T) -> String,
    printsSql: Boolean,
    private val changed: QueueProperties.(T) -> Unit,
) : SchemaCommand(
    name,
    help,
    examples = listOf("pgq $name ${values.keys.last()}"),
    sqlExample = "pgq sql $name ${values.keys.last()}",
    printsSql,
) {
    private val value by argument("VALUE").choice(values)
    private val confirmation = onlyToMake(Confirmation())

    override fun sql(schema: PostgresSchema) = schema.sqlOf(value)

    override suspend fun make() {
        withBackend { backend ->
            val wanted = backend.schema.properties().with { changed(value) }
            confirmation.askIfRewriting(backend, backend.schema.changePlan(wanted))
            backend.schema.change(wanted)
        }
        echo("$commandName: ${values.entries.first { it.value == value }.key}")
    }

    companion object {
        /** Returns one command for each property. */
        fun all(printsSql: Boolean = false): List<PropertyCommand<*>> = listOf(
            PropertyCommand(
                "durability",
                "Change what survives a crash of the server. Locks the tables that change while it rewrites them.",
                Durability.entries.associateBy { it.label },
                PostgresSchema::durabilitySql,
                printsSql,
            ) { durability = it },
            PropertyCommand(
                "log-level",
                "Change what the log keeps: every change (full), ends, holds and retries (terminal), or what did not " +
                    "succeed (failures). With failures, the end of a job cannot be awaited.",
                LogLevel.entries.associateBy { it.label },
                PostgresSchema::logLevelSql,
                printsSql,
            ) { logLevel = it },
            PropertyCommand(
                "notifications",
                "Notify idle workers of new jobs (on), or let them find jobs when they poll (off).",
                mapOf("on" to true, "off" to false),
                PostgresSchema::notificationsSql,
                printsSql,
            ) { notifications = it },
        )
    }
}
