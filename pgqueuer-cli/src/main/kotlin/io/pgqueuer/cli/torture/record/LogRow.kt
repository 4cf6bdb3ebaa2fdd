package io.pgqueuer.cli.torture.record

import io.pgqueuer.FailureRecord
import io.pgqueuer.JobStatus
import java.sql.Connection
import kotlin.time.Instant

/**
 * A row of the log.
 *
 * @property failure the exception that was recorded: its type and its message; null if none was.
 */
internal class LogRow(
    val id: Long,
    val jobId: Long,
    val created: Instant,
    val status: JobStatus,
    val entrypoint: String,
    val failure: Failure?,
) {
    /** See [FailureRecord]. */
    data class Failure(
        val type: String,
        val message: String,
    )

    override fun toString(): String = listOf(
        id,
        jobId,
        created,
        status.label,
        entrypoint,
        failure?.run { "$type: $message" }.orEmpty(),
    ).joinToString("\t")
}

/** What is left in the database at the end. */
internal class Tables(
    /** In the order of their ids. */
    val log: List<LogRow>,
    /** The jobs that are still in the queue. */
    val queue: Map<Long, JobStatus>,
) {
    companion object {
        fun read(connection: Connection): Tables = Tables(
            connection.rows(
                """
                SELECT id, job_id, (1000000 * extract(epoch FROM created))::bigint, status, entrypoint,
                    traceback ->> 'exception_type', traceback ->> 'exception_message'
                FROM pgqueuer_log
                ORDER BY id
                """.trimIndent(),
            ) { row ->
                val failure = row.getString(6)?.let { LogRow.Failure(it, row.getString(7).orEmpty()) }
                LogRow(
                    row.getLong(1),
                    row.getLong(2),
                    instantOfMicros(row.getLong(3)),
                    JobStatus.ofLabel(row.getString(4)),
                    row.getString(5),
                    failure,
                )
            },
            connection.rows("SELECT id, status FROM pgqueuer") { row ->
                row.getLong(1) to JobStatus.ofLabel(row.getString(2))
            }.toMap(),
        )
    }
}
