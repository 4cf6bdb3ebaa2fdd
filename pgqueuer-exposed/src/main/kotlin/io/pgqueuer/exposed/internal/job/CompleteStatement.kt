package io.pgqueuer.exposed.internal.job

import io.pgqueuer.domain.Lease
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.query
import java.sql.Connection

/**
 * Ends one job as successful, fenced by its lease, in a transaction of its handler's; by the primary key. Leaves the
 * settings of that transaction alone.
 */
internal class CompleteStatement(
    names: Names,
) {
    private val sql = """
        |WITH gone AS (
        |    DELETE FROM ${names.queue}
        |    WHERE id = ? AND queue_manager_id = ? AND lease_epoch = ? AND status = 'picked'
        |    RETURNING id, priority, entrypoint
        |), logged AS (
${LogRows(names).insert("gone", "'successful'").prependIndent("        |    ")}
        |)
        |SELECT FROM gone
    """.trimMargin()

    /** Returns whether the lease was live. */
    fun run(connection: Connection, lease: Lease): Boolean =
        connection.query(sql, listOf(lease.jobId.value, lease.workerId.value, lease.epoch)) { }.isNotEmpty()
}
