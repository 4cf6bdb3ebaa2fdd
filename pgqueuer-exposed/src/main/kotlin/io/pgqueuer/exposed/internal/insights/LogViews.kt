package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.LogEntry
import io.pgqueuer.LogFilter
import io.pgqueuer.LogLevel
import io.pgqueuer.Percentiles
import io.pgqueuer.RunTimes
import io.pgqueuer.Throughput
import io.pgqueuer.ThroughputStep
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.bigints
import io.pgqueuer.exposed.internal.sql.instant
import io.pgqueuer.exposed.internal.sql.micros
import io.pgqueuer.exposed.internal.sql.microsOf
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.readFailure
import io.pgqueuer.exposed.internal.sql.toMicros
import java.sql.Connection
import java.sql.ResultSet
import kotlin.time.Duration
import kotlin.time.Instant

/** Reads the log and the statistics. */
internal class LogViews(
    names: Names,
) {
    private val log = names.log

    /** By the log's index on `(job_id, created)`. */
    private val entries = """
        SELECT $ENTRY
        FROM ${names.log}
        WHERE job_id = ?
        ORDER BY id
    """.trimIndent()

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
     * By the index on `created` of the statistics, and by the index of log rows that are not aggregated. The window
     * begins at a whole second, as the statistics do. Aggregating a row therefore never moves it in or out of the
     * window.
     */
    private val happened = """
        (
            SELECT created, entrypoint, status, count
            FROM ${names.statistics}
            WHERE created >= $START_OF_WINDOW
            UNION ALL
            SELECT created, entrypoint, status, 1
            FROM ${names.log}
            WHERE NOT aggregated AND created >= $START_OF_WINDOW
        ) counted
    """.trimIndent()

    private val throughput = """
        |SELECT counted.entrypoint, counted.status::text, sum(counted.count)::bigint
        |FROM $happened
        |GROUP BY counted.entrypoint, counted.status
        |ORDER BY counted.entrypoint COLLATE "C", counted.status
    """.trimMargin()

    private val history = """
        |SELECT steps.number * ? AS start, steps.entrypoint, steps.status::text, sum(steps.count)::bigint
        |FROM (
        |    SELECT floor(extract(epoch FROM counted.created) / ?)::bigint AS number, entrypoint, status, count
        |    FROM $happened
        |    WHERE isfinite(counted.created)
        |) steps
        |GROUP BY steps.number, steps.entrypoint, steps.status
        |ORDER BY steps.number, steps.entrypoint COLLATE "C", steps.status
    """.trimMargin()

    /** By the log's index on `created`, backwards; then for every row by the index on `(job_id, created)`. */
    private val runTimes = """
        |SELECT run.entrypoint, count(*), ${percentiles("run.time")}, count(run.wait), ${percentiles("run.wait")}
        |FROM (
        |    SELECT ended.entrypoint, ended.created - started.created AS time, started.created - queued.created AS wait
        |    FROM (
        |        SELECT id, job_id, entrypoint, created
        |        FROM ${names.log}
        |        WHERE status IN ('successful', 'exception', 'failed') AND created >= $START_OF_WINDOW
        |            AND isfinite(created)
        |        ORDER BY created DESC
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

    fun entries(connection: Connection, id: JobId): List<LogEntry> =
        connection.query(entries, listOf(id.value), read = ::entry)

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
    )

    /** Changes settings of the transaction, which must therefore be our own. */
    fun level(connection: Connection): LogLevel = connection.query(level) { LogLevel.ofLabel(it.getString(1)) }.single()

    fun lastStatuses(connection: Connection, ids: Collection<JobId>): Map<JobId, JobStatus> =
        lastStatuses.run(connection, listOf(bigints(ids.map(JobId::value).distinct()))) { row ->
            JobId(row.getLong(1)) to JobStatus.ofLabel(row.getString(2))
        }.toMap()

    fun throughput(connection: Connection, window: Duration): List<Throughput> {
        val micros = window.toMicros()
        return connection.query(throughput, listOf(micros, micros)) { row ->
            Throughput(row.getString(1), JobStatus.ofLabel(row.getString(2)), row.getLong(3))
        }
    }

    fun history(connection: Connection, window: Duration, step: Long): List<ThroughputStep> {
        val micros = window.toMicros()
        return connection.query(history, listOf(step, step, micros, micros)) { row ->
            ThroughputStep(
                start = Instant.fromEpochSeconds(row.getLong(1)),
                entrypoint = row.getString(2),
                status = JobStatus.ofLabel(row.getString(3)),
                count = row.getLong(4),
            )
        }
    }

    fun runTimes(connection: Connection, window: Duration, atMost: Int): List<RunTimes> =
        connection.query(runTimes, listOf(window.toMicros(), atMost)) { row ->
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
        const val ENTRY = "id, job_id, created, status::text, priority, entrypoint, traceback"
        const val START_OF_WINDOW = "date_trunc('second', now() - ? * interval '1 microsecond')"
        const val ROW = "entry.id, entry.created"
    }
}
