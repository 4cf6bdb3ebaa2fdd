package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.LogEntry
import io.pgqueuer.LogFilter
import io.pgqueuer.LogLevel
import io.pgqueuer.Percentiles
import io.pgqueuer.RunTimes
import io.pgqueuer.WorkerId
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.bigints
import io.pgqueuer.exposed.internal.sql.instant
import io.pgqueuer.exposed.internal.sql.longOrNull
import io.pgqueuer.exposed.internal.sql.micros
import io.pgqueuer.exposed.internal.sql.microsOf
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.readFailure
import io.pgqueuer.exposed.internal.sql.toMicros
import java.sql.Connection
import java.sql.ResultSet
import java.util.UUID
import kotlin.time.Duration

/** Reads the log and the statistics. */
internal class LogViews(
    names: Names,
) {
    private val log = names.log

    /** By the log's index on `(job_id, created)`. */
    private val entries = """
        |SELECT $ENTRY
        |FROM (
${newestLogRow(names.log, "entry.*", "?", limit = "?").prependIndent("    ")}
        |) newest
        |ORDER BY id
    """.trimMargin()

    /** By the primary key, backwards. Entries are read until the limit is reached. */
    private fun newest(conditions: String) = """
        |SELECT $ENTRY
        |FROM $log
        |WHERE id < ? AND id > ?$conditions
        |ORDER BY id DESC
        |LIMIT ?
    """.trimMargin()

    private val level = "SELECT ${names.logLevel}()"

    /** By the log's index on `(job_id, created)`, one row for each job. This is polled by code that waits for jobs. */
    private val lastStatuses = EngineStatement(
        """
        |SELECT wanted.id, newest.status::text
        |FROM unnest(?::bigint[]) AS wanted (id)
        |CROSS JOIN LATERAL (
${newestLogRow(names.log, "entry.status", "wanted.id").prependIndent("    ")}
        |) newest
        """.trimMargin(),
        durable = false,
    )

    /**
     * By the primary key, backwards; then for every run by the index on `(job_id, created)`. The inner limit bounds what
     * is read if few of the newest entries are ends.
     */
    private val runTimes = """
        |SELECT run.entrypoint, count(*), ${percentiles("run.time")}, count(run.wait), ${percentiles("run.wait")}
        |FROM (
        |    SELECT ended.entrypoint, ended.created - started.created AS time, started.created - queued.created AS wait
        |    FROM (
        |        SELECT id, job_id, entrypoint, created
        |        FROM (SELECT * FROM ${names.log} ORDER BY id DESC LIMIT ?) newest
        |        WHERE status IN ('successful', 'exception', 'failed') AND created >= $START_OF_WINDOW
        |            AND isfinite(created)
        |        ORDER BY id DESC
        |        LIMIT ?
        |    ) ended
        |    CROSS JOIN LATERAL (
${newestLogRow(names.log, ROW, "ended.job_id", before("ended", "picked")).prependIndent("        ")}
        |    ) started
        |    LEFT JOIN LATERAL (
${newestLogRow(names.log, ROW, "ended.job_id", before("started", "queued")).prependIndent("        ")}
        |    ) queued ON isfinite(queued.created)
        |    WHERE isfinite(started.created)
        |) run
        |GROUP BY run.entrypoint
        |ORDER BY run.entrypoint COLLATE "C"
    """.trimMargin()

    private fun percentiles(times: String) = listOf("0.5", "0.95", "0.99").joinToString { fraction ->
        microsOf("percentile_disc($fraction) WITHIN GROUP (ORDER BY $times)")
    }

    private fun before(row: String, status: String) =
        "entry.created <= $row.created AND entry.id < $row.id AND entry.status::text = '$status'"

    fun entries(connection: Connection, id: JobId, limit: Int): List<LogEntry> =
        connection.query(entries, listOf(id.value, id.value, limit), read = ::entry)

    fun newest(connection: Connection, filter: LogFilter, limit: Int, before: Long?, after: Long?): List<LogEntry> {
        val conditions = buildString {
            if (filter.entrypoint != null) append(" AND entrypoint = ?")
            if (filter.priority != null) append(" AND priority = ?")
            if (filter.failure != null) append(" AND ${isFailure("traceback")}")
            // Literals, so that the planner knows how rare they are.
            if (filter.statuses.isNotEmpty()) {
                append(filter.statuses.joinToString(prefix = " AND status IN (", postfix = ")") { "'${it.label}'" })
            }
        }
        val parameters =
            listOfNotNull(before ?: Long.MAX_VALUE, after ?: Long.MIN_VALUE, filter.entrypoint, filter.priority) +
                listOfNotNull(filter.failure, filter.failure, limit)
        return connection.query(newest(conditions), parameters, read = ::entry)
    }

    private fun entry(row: ResultSet) = LogEntry(
        id = row.getLong(1),
        jobId = JobId(row.getLong(2)),
        created = row.instant(3),
        status = JobStatus.ofLabel(row.getString(4)),
        priority = row.getInt(5),
        entrypoint = row.getString(6),
        failure = readFailure(row.getString(7)),
        workerId = row.getObject(8, UUID::class.java)?.let(::WorkerId),
        leaseEpoch = row.longOrNull(9),
    )

    /** Changes settings of the transaction, which must therefore be our own. */
    fun level(connection: Connection): LogLevel = connection.query(level) { LogLevel.ofLabel(it.getString(1)) }.single()

    fun lastStatuses(connection: Connection, ids: Collection<JobId>): Map<JobId, JobStatus> =
        lastStatuses.run(connection, listOf(bigints(ids.map(JobId::value).distinct()))) { row ->
            JobId(row.getLong(1)) to JobStatus.ofLabel(row.getString(2))
        }.toMap()

    fun runTimes(connection: Connection, window: Duration, atMost: Int): List<RunTimes> =
        connection.query(runTimes, listOf(atMost * ENTRIES_PER_RUN, window.toMicros(), atMost)) { row ->
            RunTimes(
                entrypoint = row.getString(1),
                count = row.getLong(2),
                runTime = row.percentiles(3),
                waitTime = if (row.getLong(6) > 0) row.percentiles(7) else null,
            )
        }

    private fun ResultSet.percentiles(column: Int) =
        Percentiles(p50 = micros(column), p95 = micros(column + 1), p99 = micros(column + 2))

    private companion object {
        const val ENTRY = "id, job_id, created, status::text, priority, entrypoint, traceback, " +
            "queue_manager_id, lease_epoch"
        const val ENTRIES_PER_RUN = 10L
        const val ROW = "entry.id, entry.created"
    }
}
