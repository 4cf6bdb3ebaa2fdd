package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.ActiveWorker
import io.pgqueuer.HeldJob
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.QueueSize
import io.pgqueuer.StoredJob
import io.pgqueuer.WorkerId
import io.pgqueuer.exposed.internal.job.JobRow
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.bigints
import io.pgqueuer.exposed.internal.sql.micros
import io.pgqueuer.exposed.internal.sql.microsOf
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.readFailure
import io.pgqueuer.exposed.internal.sql.toMicros
import java.sql.Connection
import java.util.UUID
import kotlin.time.Duration

/** Reads the jobs in the queue. */
internal class QueueViews(
    private val names: Names,
) {
    private val jobRow = JobRow.of("q")
    private val heldRow = JobRow.withoutPayload("held")
    private val listRow = JobRow.withoutPayload("q")

    /** By the primary key. */
    private val job = "SELECT ${jobRow.columns} FROM ${names.queue} q WHERE q.id = ?"

    /** By the primary key, one search for each id, whatever the planner believes. */
    private val present = EngineStatement(
        """
        SELECT wanted.id
        FROM unnest(?::bigint[]) AS wanted (id)
        CROSS JOIN LATERAL (SELECT FROM ${names.queue} q WHERE q.id = wanted.id LIMIT 1) job
        """.trimIndent(),
        durable = false,
    )

    /** Reads the whole table. The distance to an infinite time is undefined. */
    private val size = """
        SELECT q.entrypoint, q.status::text, q.priority, count(*),
            ${microsOf("now() - min(q.created) FILTER (WHERE isfinite(q.created))")},
            ${microsOf("now() - min(q.execute_after) FILTER (WHERE $DUE)")}
        FROM ${names.queue} q
        GROUP BY q.entrypoint, q.status, q.priority
        ORDER BY q.entrypoint COLLATE "C", q.status, q.priority DESC
    """.trimIndent()

    /** By the index of picked jobs. A claim of this library gives an epoch that is not before the claim. */
    private val workers = """
        SELECT queue_manager_id, count(*), ${microsOf("now() - min(heartbeat) FILTER (WHERE isfinite(heartbeat))")},
            bool_and(lease_epoch < extract(epoch FROM updated) * 1000000)
        FROM ${names.queue}
        WHERE status = 'picked' AND queue_manager_id IS NOT NULL
        GROUP BY queue_manager_id
        ORDER BY count(*) DESC, queue_manager_id
    """.trimIndent()

    /** By the index of picked jobs. */
    private val stale = """
        SELECT ${listRow.columns}
        FROM ${names.queue} q
        WHERE status = 'picked' AND heartbeat < now() - ? * interval '1 microsecond'
        ORDER BY heartbeat, id
        LIMIT ?
    """.trimIndent()

    /**
     * By the index of held jobs, and for every job by the log's index on `(job_id, created)`. Without an entrypoint the
     * limit ends the scan; with one it passes the held jobs of others.
     */
    private fun held(condition: String) = """
        |SELECT ${heldRow.columns}, failure.traceback
        |FROM (
        |    SELECT * FROM ${names.queue}
        |    WHERE status = 'failed' AND id > ?$condition
        |    ORDER BY id
        |    LIMIT ?
        |) held
        |LEFT JOIN LATERAL (
${newestLogRow(names.log, "entry.traceback", "held.id", "entry.status::text = 'failed'").prependIndent("    ")}
        |) failure ON true
        |ORDER BY held.id
    """.trimMargin()

    private val heldOfAll = held(condition = "")
    private val heldOfOne = held(condition = " AND entrypoint = ?")

    /** By the primary key, or by the index of a status. Rows are read until the limit is reached. */
    private fun matching(conditions: JobConditions) = """
        |SELECT ${listRow.columns}
        |FROM ${names.queue} q
        |WHERE q.id > ?${conditions.sql}
        |ORDER BY q.id
        |LIMIT ?
    """.trimMargin()

    private fun countMatching(conditions: JobConditions) = """
        |SELECT count(*)
        |FROM (SELECT FROM ${names.queue} q WHERE true${conditions.sql} LIMIT ?) matching
    """.trimMargin()

    /** By the index of held jobs. */
    private val heldCounts = """
        SELECT entrypoint, count(*)
        FROM ${names.queue}
        WHERE status = 'failed'
        GROUP BY entrypoint
        ORDER BY entrypoint COLLATE "C"
    """.trimIndent()

    /** Those of [ids] that are in the queue. */
    fun present(connection: Connection, ids: Collection<JobId>): Set<JobId> =
        present.run(connection, listOf(bigints(ids.map(JobId::value)))) { JobId(it.getLong(1)) }.toHashSet()

    fun job(connection: Connection, id: JobId): StoredJob? =
        connection.query(job, listOf(id.value), read = jobRow::read).singleOrNull()

    fun size(connection: Connection): List<QueueSize> = connection.query(size) { row ->
        QueueSize(
            entrypoint = row.getString(1),
            status = JobStatus.ofLabel(row.getString(2)),
            priority = row.getInt(3),
            count = row.getLong(4),
            age = row.micros(5),
            overdue = row.micros(6),
        )
    }

    fun workers(connection: Connection): List<ActiveWorker> = connection.query(workers) { row ->
        ActiveWorker(
            WorkerId(row.getObject(1, UUID::class.java)),
            row.getLong(2),
            row.micros(3),
            isPython = row.getBoolean(4),
        )
    }

    fun stale(connection: Connection, heartbeatAge: Duration, limit: Int): List<StoredJob> =
        connection.query(stale, listOf(heartbeatAge.toMicros(), limit), read = listRow::read)

    fun matching(connection: Connection, filter: JobFilter, limit: Int, after: JobId?): List<StoredJob> {
        val conditions = JobConditions(names, filter)
        val parameters = listOf(after?.value ?: Long.MIN_VALUE) + conditions.parameters + limit
        return connection.query(matching(conditions), parameters, read = listRow::read)
    }

    fun countMatching(connection: Connection, filter: JobFilter, atMost: Int): Int {
        val conditions = JobConditions(names, filter)
        return connection.query(countMatching(conditions), conditions.parameters + atMost) { it.getInt(1) }.single()
    }

    fun held(connection: Connection, limit: Int, after: JobId?, entrypoint: String?): List<HeldJob> {
        val sql = if (entrypoint == null) heldOfAll else heldOfOne
        val arguments = listOfNotNull(after?.value ?: Long.MIN_VALUE, entrypoint, limit)
        return connection.query(sql, arguments) { row ->
            HeldJob(heldRow.read(row), readFailure(row.getString("traceback")))
        }
    }

    fun heldCounts(connection: Connection): Map<String, Long> =
        connection.query(heldCounts) { it.getString(1) to it.getLong(2) }.toMap()

    private companion object {
        const val DUE = "q.status = 'queued' AND q.execute_after <= now() AND isfinite(q.execute_after)"
    }
}
