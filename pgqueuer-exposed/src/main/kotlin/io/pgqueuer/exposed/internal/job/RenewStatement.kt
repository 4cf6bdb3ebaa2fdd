package io.pgqueuer.exposed.internal.job

import io.pgqueuer.Lease
import io.pgqueuer.exposed.internal.lease.LeaseRows
import io.pgqueuer.exposed.internal.lease.fence
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import java.sql.Connection

/**
 * Renews leases, each fenced, and returns those that are still held; by the primary key, in the order of the ids, as
 * [SettleStatement] does.
 *
 * A job that another transaction has locked is not waited for, as one such job would keep all others of the worker from
 * being renewed: its handler may be completing it in a long transaction of its own. Its lease counts as held while its
 * row says so, and a claim skips its locked row even if its heartbeat expires.
 */
internal class RenewStatement(
    names: Names,
) {
    private val statement = EngineStatement(
        """
        WITH lease AS MATERIALIZED (
            SELECT * FROM unnest(${LeaseRows.TYPES}) AS lease (${LeaseRows.NAMES})
        ), free AS (
            SELECT q.id
            FROM lease
            JOIN ${names.queue} q ON ${fence("q", "lease")}
            FOR UPDATE OF q SKIP LOCKED
        ), renewed AS (
            UPDATE ${names.queue} q SET heartbeat = now() FROM free WHERE q.id = free.id
        )
        SELECT lease.id, lease.worker, lease.epoch
        FROM lease
        JOIN ${names.queue} q ON ${fence("q", "lease")}
        """.trimIndent(),
        durable = false,
    )

    fun run(connection: Connection, leases: Collection<Lease>): List<Lease> =
        statement.run(connection, LeaseRows.parameters(leases.sortedBy(Lease::jobId)), last = true, LeaseRows::read)
}
