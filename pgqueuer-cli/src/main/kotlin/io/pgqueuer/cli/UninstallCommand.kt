package io.pgqueuer.cli

import io.pgqueuer.Backend
import io.pgqueuer.SchemaException
import io.pgqueuer.cli.look.Row
import io.pgqueuer.cli.look.table
import io.pgqueuer.exposed.PostgresSchema

internal class UninstallCommand(
    printsSql: Boolean = false,
) : SchemaCommand(
    "uninstall",
    "Remove the tables of the queue, and all jobs.",
    examples = listOf("pgq uninstall", "pgq uninstall --yes"),
    sqlExample = "pgq sql uninstall",
    printsSql,
) {
    private val confirmation = onlyToMake(Confirmation())

    override fun sql(schema: PostgresSchema) = schema.uninstallSql()

    override suspend fun make() = withBackend { backend ->
        val presence = presence(backend)
        if (presence == null) {
            echo("nothing to remove")
        } else {
            confirmation.ask(this, "Remove all of this?") { preview(backend, presence) }
            backend.schema.uninstall()
            echo("uninstalled")
        }
    }

    /** What is there; null if nothing is. */
    private suspend fun presence(backend: Backend): SchemaException? = try {
        backend.schema.verifyAbsent()
        null
    } catch (e: SchemaException) {
        e
    }

    private suspend fun preview(backend: Backend, presence: SchemaException): List<String> = try {
        val sizes = backend.insights.tableSizes().map {
            Row("table" to it.table, "rows (about)" to countText(it.rows), "size" to it.bytes?.let(::bytesText))
        }
        val jobs = backend.insights.queueSize().groupBy({ it.status }) { it.count }
            .map { (status, counts) -> "${countText(counts.sum())} ${status.label}" }
        val open = if (jobs.isEmpty()) "no open jobs" else "open jobs: ${jobs.joinToString()}"
        table(sizes) + "with their settings, indexes, trigger, functions and type" + open
    } catch (_: SchemaException) {
        // Some tables are missing, so that they cannot be counted.
        presence.differences.map { "${it.kind} ${it.name}" }
    }
}
