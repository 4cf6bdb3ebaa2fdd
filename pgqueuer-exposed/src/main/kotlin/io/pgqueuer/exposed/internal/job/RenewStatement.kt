package io.pgqueuer.exposed.internal.job

import io.pgqueuer.Lease
import io.pgqueuer.exposed.internal.lease.LeaseRows
import io.pgqueuer.exposed.internal.lease.fence
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.lookUp
import io.pgqueuer.port.Renewal
import java.sql.Connection

/**
 * Renews leases, each fenced, and tells which of them are still held, and whose job was canceled meanwhile. It finds
 * jobs by the primary key, in the order of the ids, like [SettleStatement].
 *
 * It does not wait for a job that another transaction has locked, for example because its handler completes it in a
 * long transaction. Otherwise, one such job would block the renewal of all other jobs of the worker. Its lease counts
 * as held while its row says so. Claims skip the locked row even if its heartbeat expires.
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
            UPDATE ${names.queue} q SET heartbeat = now() FROM free WHERE ${lookUp("q.id", "free.id")}
        )
        SELECT lease.id, lease.worker, lease.epoch, q.cancel_requested IS NOT NULL
        FROM lease
        JOIN ${names.queue} q ON ${fence("q", "lease")}
        """.trimIndent(),
        durable = false,
    )

    fun run(connection: Connection, leases: Collection<Lease>): Renewal {
        val held = HashSet<Lease>(leases.size * 2)
        val canceled = HashSet<Lease>()
        statement.runWhole(connection, LeaseRows.parameters(leases.sortedBy(Lease::jobId))) { row ->
            val lease = LeaseRows.read(row)
            held += lease
            if (row.getBoolean(4)) canceled += lease
        }
        return Renewal(held, canceled)
    }
}
