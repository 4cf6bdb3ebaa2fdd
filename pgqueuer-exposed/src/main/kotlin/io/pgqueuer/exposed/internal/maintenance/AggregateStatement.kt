package io.pgqueuer.exposed.internal.maintenance

import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.lookUp
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.run
import java.sql.Connection
import java.sql.SQLException

/**
 * Counts a chunk of the log, the oldest rows first, and marks it as counted.
 *
 * Only one of our workers does this at a time, by an advisory lock for the log. Python's aggregation does not take this
 * lock. It counts the rows of its snapshot, writes the statistics, and then marks the log. Running beside ours, it
 * would count rows twice or deadlock. The lock on the statistics table keeps the two apart, as a statement takes its
 * snapshot after it has its locks.
 */
internal class AggregateStatement(
    names: Names,
) {
    private val only = EngineStatement(
        "SELECT pg_try_advisory_xact_lock('${names.log}'::regclass::oid::int, 0)",
        // The marks and the counts are committed together, so either both survive a crash or neither does.
        durable = false,
    )

    private val lock = "LOCK TABLE ${names.statistics} IN SHARE ROW EXCLUSIVE MODE NOWAIT"

    /**
     * Finds the chunk by the index of rows that are not aggregated, and each row by the primary key. The conflict's
     * arbiter is the unique index on `(priority, second, status, entrypoint)`; rows are inserted in its order.
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
            WHERE ${lookUp("log.id", "chunk.id")}
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

    /** Returns how many rows it counted; null if another worker is aggregating. */
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
