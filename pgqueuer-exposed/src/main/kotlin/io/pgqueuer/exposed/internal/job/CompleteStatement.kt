package io.pgqueuer.exposed.internal.job

import io.pgqueuer.Lease
import io.pgqueuer.exposed.internal.lease.fence
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.query
import java.sql.Connection

/**
 * Ends one job as successful, fenced by its lease, in its handler's transaction. It finds the job by the primary key.
 * A job that somebody asked to cancel is left alone.
 *
 * It changes no settings of that transaction, except one of our own. This setting records what the transaction has
 * completed, so that a second completion is not mistaken for a lost lease. It is undone together with the transaction
 * or the savepoint in which it was set.
 */
internal class CompleteStatement(
    private val names: Names,
) {
    private val complete = """
        |WITH gone AS (
        |    DELETE FROM ${names.queue} q
        |    WHERE ${fence("q", id = "?", worker = "?", epoch = "?")} AND q.cancel_requested IS NULL
        |    RETURNING q.id, q.priority, q.entrypoint
        |), logged AS (
${LogRows(names).insert("gone", "'successful'").prependIndent("        |    ")}
        |)
        |SELECT CASE
        |    WHEN EXISTS (SELECT FROM gone)
        |        THEN set_config('$COMPLETED', concat(current_setting('$COMPLETED', true), ?::text), true) <> ''
        |    ELSE position(?::text IN coalesce(current_setting('$COMPLETED', true), '')) > 0
        |END
    """.trimMargin()

    private val lock = """
        SELECT FROM ${names.queue} q
        WHERE ${fence("q", id = "?", worker = "?", epoch = "?")} AND q.cancel_requested IS NULL
        FOR UPDATE
    """.trimIndent()

    /** Returns true if the lease was live and the job not canceled, or if the same transaction has already completed the job. */
    fun run(connection: Connection, lease: Lease): Boolean {
        val note = "${names.queue} ${lease.jobId} ${lease.epoch};"
        return connection.query(complete, parameters(lease) + note + note) { it.getBoolean(1) }.single()
    }

    /** Locks the row of the job until the transaction ends; returns whether it can be completed. */
    fun lock(connection: Connection, lease: Lease): Boolean = connection.query(lock, parameters(lease)) { }.isNotEmpty()

    private fun parameters(lease: Lease) = listOf(lease.jobId.value, lease.workerId.value, lease.epoch)

    private companion object {
        const val COMPLETED = "pgqueuer.completed"
    }
}
