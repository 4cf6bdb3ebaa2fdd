package io.pgqueuer.cli.schema

import io.pgqueuer.Backend
import io.pgqueuer.Backlog
import io.pgqueuer.JobStatus
import io.pgqueuer.SchemaException
import io.pgqueuer.cli.Confirmation
import io.pgqueuer.cli.bytesText
import io.pgqueuer.cli.countText
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
        table(sizes) + "with their settings, indexes, trigger, functions and type" +
            openJobs(backend.insights.backlog())
    } catch (_: SchemaException) {
        // Some tables are missing, so that they cannot be counted.
        presence.differences.map { "${it.kind} ${it.name}" }
    }

    private fun openJobs(backlog: List<Backlog>): String {
        if (backlog.isEmpty()) return "no open jobs"
        val about = if (backlog.any { it.isEstimate }) "about " else ""
        fun shown(jobs: (Backlog) -> Long, status: JobStatus) =
            backlog.sumOf(jobs).takeIf { it > 0 }?.let { "${countText(it)} ${status.label}" }
        return listOfNotNull(
            shown(Backlog::queued, JobStatus.QUEUED),
            shown(Backlog::running, JobStatus.PICKED),
            shown(Backlog::held, JobStatus.HELD),
        ).joinToString(prefix = "open jobs: $about")
    }
}
