package io.pgqueuer.exposed.internal.maintenance

import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.run
import java.sql.Connection
import java.sql.SQLException

/**
 * Counts a chunk of the log, the oldest first, and marks it as counted.
 *
 * Of our workers one is at it, by an advisory lock of the log's own. Python's aggregation takes none: it counts what
 * its snapshot shows, writes the statistics, and marks the log after that, so that beside ours it would count rows
 * twice, or deadlock. The lock on the statistics keeps the two apart: a statement takes its snapshot once it has its
 * locks.
 */
internal class AggregateStatement(
    names: Names,
) {
    private val only = EngineStatement(
        "SELECT pg_try_advisory_xact_lock('${names.log}'::regclass::oid::int, 0)",
        // The marks go with the counts, whatever becomes of them.
        durable = false,
    )

    private val lock = "LOCK TABLE ${names.statistics} IN SHARE ROW EXCLUSIVE MODE NOWAIT"

    /**
     * The chunk by the index of what is not aggregated, each row by the primary key. The conflict's arbiter is the
     * unique index on `(priority, second, status, entrypoint)`, and rows go in by its order.
     */
    private val count = """
        WITH chunk AS MATERIALIZED (
            SELECT id FROM ${names.log}
            WHERE NOT aggregated
            ORDER BY id
            LIMIT ?
            FOR UPDATE SKIP LOCKED
        ), counted AS (
            UPDATE ${names.log} log
            SET aggregated = true
            FROM chunk
            WHERE log.id = chunk.id
            RETURNING log.priority, date_trunc('second', log.created) AS second, log.status, log.entrypoint
        ), stored AS (
            INSERT INTO ${names.statistics} AS stored (priority, created, status, entrypoint, count)
            SELECT priority, second, status, entrypoint, count(*)
            FROM counted
            GROUP BY priority, second, status, entrypoint
            ORDER BY priority, second, status, entrypoint
            ON CONFLICT (priority, date_trunc('sec', created AT TIME ZONE 'UTC'), status, entrypoint)
            DO UPDATE SET count = stored.count + excluded.count
        )
        SELECT count(*) FROM counted
    """.trimIndent()

    /** Returns how many rows it counted, null where another is at it. */
    fun run(connection: Connection, limit: Int): Int? {
        if (!only.run(connection, emptyList()) { it.getBoolean(1) }.single()) return null
        try {
            connection.run(lock)
        } catch (e: SQLException) {
            if (e.sqlState != LOCK_NOT_AVAILABLE) throw e
            connection.rollback()
            return null
        }
        return connection.query(count, listOf(limit)) { it.getInt(1) }.single()
    }

    private companion object {
        const val LOCK_NOT_AVAILABLE = "55P03"
    }
}
