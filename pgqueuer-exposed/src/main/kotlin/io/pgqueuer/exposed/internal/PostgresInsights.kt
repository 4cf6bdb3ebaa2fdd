package io.pgqueuer.exposed.internal

import io.pgqueuer.domain.Job
import io.pgqueuer.domain.JobId
import io.pgqueuer.domain.JobStatus
import io.pgqueuer.domain.LogEntry
import io.pgqueuer.domain.QueueSize
import io.pgqueuer.port.Insights

internal class PostgresInsights(
    names: Names,
    private val transactions: Transactions,
) : Insights {
    /** By the primary key. */
    private val job = "SELECT ${JobRow.COLUMNS} FROM ${names.queue} WHERE id = ?"

    /** By the log's index on `(job_id, created)`. */
    private val log = """
        SELECT id, job_id, created, status::text, priority, entrypoint, traceback
        FROM ${names.log}
        WHERE job_id = ?
        ORDER BY created, id
    """.trimIndent()

    /** Reads the whole table. */
    private val queueSize = """
        SELECT q.entrypoint, q.status::text, q.priority, count(*)
        FROM ${names.queue} q
        GROUP BY q.entrypoint, q.status, q.priority
        ORDER BY q.entrypoint, q.status, q.priority DESC
    """.trimIndent()

    override suspend fun job(id: JobId): Job? = transactions.joining { connection ->
        connection.query(job, listOf(id.value), read = JobRow::read).singleOrNull()
    }

    override suspend fun log(id: JobId): List<LogEntry> = transactions.joining { connection ->
        connection.query(log, listOf(id.value)) { row ->
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
    }

    override suspend fun queueSize(): List<QueueSize> = transactions.joining { connection ->
        connection.query(queueSize) { row ->
            QueueSize(row.getString(1), JobStatus.ofLabel(row.getString(2)), row.getInt(3), row.getLong(4))
        }
    }
}
