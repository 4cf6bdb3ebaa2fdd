package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.LogEntry
import io.pgqueuer.LogLevel
import io.pgqueuer.RunTimes
import io.pgqueuer.Throughput
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
import kotlin.time.Duration

/** Reads the log and the statistics. */
internal class LogViews(
    names: Names,
) {
    /** By the log's index on `(job_id, created)`. */
    private val entries = """
        SELECT id, job_id, created, status::text, priority, entrypoint, traceback
        FROM ${names.log}
        WHERE job_id = ?
        ORDER BY id
    """.trimIndent()

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
    private val throughput = """
        SELECT counted.entrypoint, counted.status::text, sum(counted.count)::bigint
        FROM (
            SELECT entrypoint, status, count
            FROM ${names.statistics}
            WHERE created >= $START_OF_WINDOW
            UNION ALL
            SELECT entrypoint, status, 1
            FROM ${names.log}
            WHERE NOT aggregated AND created >= $START_OF_WINDOW
        ) counted
        GROUP BY counted.entrypoint, counted.status
        ORDER BY counted.entrypoint COLLATE "C", counted.status
    """.trimIndent()

    /** By the log's index on `created`, then for every row by the index on `(job_id, created)`. */
    private val runTimes = """
        |SELECT run.entrypoint, count(*), ${PERCENTILES.joinToString { percentile(it) }}
        |FROM (
        |    SELECT ended.entrypoint, ended.created - started.created AS time
        |    FROM ${names.log} ended
        |    CROSS JOIN LATERAL (
${newestLogRow(names.log, "entry.created", "ended.job_id", BEGAN_BEFORE).prependIndent("        ")}
        |    ) started
        |    WHERE ended.status IN ('successful', 'exception', 'failed') AND ended.created >= $START_OF_WINDOW
        |        AND isfinite(ended.created) AND isfinite(started.created)
        |) run
        |GROUP BY run.entrypoint
        |ORDER BY run.entrypoint COLLATE "C"
    """.trimMargin()

    private fun percentile(fraction: String) = microsOf("percentile_disc($fraction) WITHIN GROUP (ORDER BY run.time)")

    fun entries(connection: Connection, id: JobId): List<LogEntry> =
        connection.query(entries, listOf(id.value)) { row ->
            LogEntry(
                id = row.getLong(1),
                jobId = JobId(row.getLong(2)),
                created = row.instant(3),
                status = JobStatus.ofLabel(row.getString(4)),
                priority = row.getInt(5),
                entrypoint = row.getString(6),
                failure = readFailure(row.getString(7)),
            )
        }

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

    fun runTimes(connection: Connection, window: Duration): List<RunTimes> =
        connection.query(runTimes, listOf(window.toMicros())) { row ->
            RunTimes(row.getString(1), row.getLong(2), p50 = row.micros(3), p95 = row.micros(4), p99 = row.micros(5))
        }

    private companion object {
        const val START_OF_WINDOW = "date_trunc('second', now() - ? * interval '1 microsecond')"
        const val BEGAN_BEFORE =
            "entry.created <= ended.created AND entry.id < ended.id AND entry.status::text = 'picked'"
        val PERCENTILES = listOf("0.5", "0.95", "0.99")
    }
}
