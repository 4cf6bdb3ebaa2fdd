package io.pgqueuer.exposed.internal.maintenance

import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.UNHASHED
import io.pgqueuer.exposed.internal.sql.lookUp
import io.pgqueuer.exposed.internal.sql.toMicros
import io.pgqueuer.port.PruneStep
import java.sql.Connection
import kotlin.time.Duration

/**
 * Deletes old rows of the log, by the primary keys of the log and of the queue. A step reads a bounded range of the
 * log, whatever it contains. Rows that must stay (held jobs, jobs far in the future) therefore cost no more than
 * others.
 */
internal class PruneStatement(
    names: Names,
) {
    private val statement = EngineStatement(
        """
        WITH seen AS MATERIALIZED (
            SELECT id, job_id, aggregated, created < now() - ? * interval '1 microsecond' AS old
            FROM ${names.log}
            WHERE id > ?
            ORDER BY id
            LIMIT ?
        ), gone AS (
            DELETE FROM ${names.log} log
            USING seen
            WHERE ${lookUp("log.id", "seen.id")} AND seen.old AND seen.aggregated
                AND NOT EXISTS (SELECT FROM ${names.queue} q WHERE q.id = seen.job_id $UNHASHED)
            RETURNING log.id
        )
        SELECT (SELECT count(*) FROM gone), max(id), count(*), coalesce(bool_or(old), false) FROM seen
        """.trimIndent(),
        durable = false,
    )

    fun run(connection: Connection, retention: Duration, after: Long, limit: Int): PruneStep =
        statement.run(connection, listOf(retention.toMicros(), after, limit)) { row ->
            val isFull = row.getInt(3) == limit
            val someAreOld = row.getBoolean(4)
            PruneStep(deleted = row.getInt(1), last = row.getLong(2).takeIf { isFull && someAreOld })
        }.single()
}
