package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.JobStatus
import io.pgqueuer.Throughput
import io.pgqueuer.ThroughputStep
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.toMicros
import java.sql.Connection
import kotlin.math.roundToLong
import kotlin.time.Duration
import kotlin.time.Instant

/**
 * Counts what happened within a window: in the statistics, and in the log rows that are not in them yet. The window
 * begins at a whole second, as the statistics do. Aggregating a row therefore never moves it in or out of the window.
 *
 * One statement reads both, so that a row that is aggregated meanwhile counts once. What it reads of each is decided
 * before, see [WindowRows].
 *
 * Its transaction must have the settings [BY_INDEXES].
 */
internal class ThroughputView(
    names: Names,
) {
    /** By the index on `created`. */
    private val statistics = WindowRows(names.statistics, "created, entrypoint, status, count", byTime = true)

    /** By the index of log rows that are not aggregated. */
    private val log = WindowRows(names.log, "created, entrypoint, status, 1 AS count", condition = "NOT aggregated")

    private fun throughput(rows: String) = """
        |SELECT entrypoint, status::text, sum(count * weight)
        |FROM (
        |$rows
        |) counted
        |GROUP BY entrypoint, status
        |ORDER BY counted.entrypoint COLLATE "C", counted.status
    """.trimMargin()

    private fun history(rows: String) = """
        |SELECT number * ? AS start, entrypoint, status::text, sum(count * weight)
        |FROM (
        |    SELECT floor(extract(epoch FROM created) / ?)::bigint AS number, entrypoint, status, count, weight
        |    FROM (
        |$rows
        |    ) counted
        |    WHERE isfinite(created)
        |) steps
        |GROUP BY number, entrypoint, status
        |ORDER BY steps.number, steps.entrypoint COLLATE "C", steps.status
    """.trimMargin()

    fun throughput(connection: Connection, window: Duration, atMost: Int): List<Throughput> {
        val readings = readings(connection, window, atMost)
        val isEstimate = readings.any { it.isSample }
        return connection.query(throughput(sql(readings)), readings.flatMap { it.parameters }) { row ->
            Throughput(
                row.getString(1),
                JobStatus.ofLabel(row.getString(2)),
                row.getDouble(3).roundToLong(),
                isEstimate,
            )
        }
    }

    fun history(connection: Connection, window: Duration, step: Long, atMost: Int): List<ThroughputStep> {
        val readings = readings(connection, window, atMost)
        val isEstimate = readings.any { it.isSample }
        val parameters = listOf(step, step) + readings.flatMap { it.parameters }
        return connection.query(history(sql(readings)), parameters) { row ->
            ThroughputStep(
                start = Instant.fromEpochSeconds(row.getLong(1)),
                entrypoint = row.getString(2),
                status = JobStatus.ofLabel(row.getString(3)),
                count = row.getDouble(4).roundToLong(),
                isEstimate = isEstimate,
            )
        }
    }

    private fun readings(connection: Connection, window: Duration, atMost: Int): List<WindowRows.Reading> =
        listOf(statistics, log).map { it.choose(connection, window.toMicros(), atMost) }

    private fun sql(readings: List<WindowRows.Reading>) = readings.joinToString("\nUNION ALL\n") { it.sql }
}
