package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobId
import io.pgqueuer.exposed.internal.lease.UNHELD
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.bigints
import io.pgqueuer.exposed.internal.sql.query
import java.sql.Connection

/** Statements by which applications change queued jobs. Each writes its log rows in the same statement. */
internal class ManageStatements(
    private val names: Names,
) {
    private val logRows = LogRows(names)

    /**
     * Deletes queued jobs and marks picked ones, which their workers end. By the primary key. Rows are locked in the
     * order of the ids, as in a settle.
     */
    private val cancel = """
        |WITH wanted AS (
        |    SELECT id, status FROM ${names.queue}
        |    WHERE id = ANY (?::bigint[]) AND status IN ('queued', 'picked') AND cancel_requested IS NULL
        |    ORDER BY id
        |    FOR UPDATE
        |), gone AS (
        |    DELETE FROM ${names.queue} q USING wanted WHERE q.id = wanted.id AND wanted.status = 'queued'
        |    RETURNING q.id, q.priority, q.entrypoint
        |), logged AS (
${logRows.insert("gone", "'canceled'").prependIndent("        |    ")}
        |), marked AS (
        |    UPDATE ${names.queue} q SET cancel_requested = clock_timestamp()
        |    FROM wanted
        |    WHERE q.id = wanted.id AND wanted.status = 'picked'
        |    RETURNING q.id
        |)
        |SELECT id FROM gone UNION ALL SELECT id FROM marked
    """.trimMargin()

    /** By the primary key and the index of held jobs; active holders of a key by the unique index on dedupe_key. */
    private val takenKeys = """
        SELECT held.dedupe_key
        FROM (
            SELECT dedupe_key, min(id) AS id, count(*) AS times
            FROM ${names.queue}
            WHERE id = ANY (?::bigint[]) AND status = 'failed' AND dedupe_key IS NOT NULL
            GROUP BY dedupe_key
        ) held
        WHERE held.times > 1 OR EXISTS (
            SELECT FROM ${names.queue} active
            WHERE active.dedupe_key = held.dedupe_key AND active.status IN ('queued', 'picked')
        )
        ORDER BY held.id
    """.trimIndent()

    /** Locks the wanted jobs that are held, in the order of the ids. By the index of held jobs. */
    private val heldJobs = """
        WITH wanted AS (
            SELECT id FROM ${names.queue}
            WHERE id = ANY (?::bigint[]) AND status = 'failed'
            ORDER BY id
            FOR UPDATE
        )
    """.trimIndent()

    private val requeue = """
        |$heldJobs, back AS (
        |    UPDATE ${names.queue} q
        |    SET status = 'queued', $UNHELD, updated = now(), execute_after = now(), attempts = 0,
        |        rescues = 0, cancel_requested = NULL
        |    FROM wanted
        |    WHERE q.id = wanted.id
        |    RETURNING q.id, q.priority, q.entrypoint
        |), logged AS (
${logRows.insert("back", "'queued'").prependIndent("        |    ")}
        |)
        |SELECT id FROM back
    """.trimMargin()

    /** By the primary key. Rows are locked in the order of the ids, as in a settle. */
    private val runNow = """
        WITH wanted AS (
            SELECT id FROM ${names.queue}
            WHERE id = ANY (?::bigint[]) AND status = 'queued' AND execute_after > now()
            ORDER BY id
            FOR UPDATE
        )
        UPDATE ${names.queue} q SET execute_after = now(), updated = now()
        FROM wanted
        WHERE q.id = wanted.id
        RETURNING q.id
    """.trimIndent()

    private val dismiss = """
        |$heldJobs, gone AS (
        |    DELETE FROM ${names.queue} q USING wanted WHERE q.id = wanted.id
        |    RETURNING q.id, q.priority, q.entrypoint
        |), logged AS (
${logRows.insert("gone", "'deleted'").prependIndent("        |    ")}
        |)
        |SELECT id FROM gone
    """.trimMargin()

    /** Reads the whole table, as it deletes a large part of it. */
    private val clear = """
        |WITH gone AS (
        |    DELETE FROM ${names.queue} WHERE entrypoint = ?
        |    RETURNING id, priority, entrypoint
        |), logged AS (
${logRows.insert("gone", "'deleted'").prependIndent("        |    ")}
        |)
        |SELECT count(*) FROM gone
    """.trimMargin()

    fun cancel(connection: Connection, ids: Collection<JobId>): Set<JobId> = connection.changed(cancel, ids)

    /** The dedupe keys that prevent a requeue of [ids]. */
    fun takenKeys(connection: Connection, ids: Collection<JobId>): List<String> =
        connection.query(takenKeys, listOf(ids.toArray())) { it.getString(1) }

    fun requeue(connection: Connection, ids: Collection<JobId>): Set<JobId> = connection.changed(requeue, ids)

    fun runNow(connection: Connection, ids: Collection<JobId>): Set<JobId> = connection.changed(runNow, ids)

    fun dismiss(connection: Connection, ids: Collection<JobId>): Set<JobId> = connection.changed(dismiss, ids)

    fun clear(connection: Connection, entrypoint: String): Long =
        connection.query(clear, listOf(entrypoint)) { it.getLong(1) }.single()

    private fun Connection.changed(sql: String, ids: Collection<JobId>): Set<JobId> =
        query(sql, listOf(ids.toArray())) { JobId(it.getLong(1)) }.toSortedSet()

    private fun Collection<JobId>.toArray() = bigints(map(JobId::value))
}
