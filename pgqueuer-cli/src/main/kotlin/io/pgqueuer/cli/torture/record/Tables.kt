package io.pgqueuer.cli.torture.record

import io.pgqueuer.JobStatus
import java.sql.Connection

/**
 * What is in the database at the end.
 *
 * @property log in the order of the ids.
 * @property queue the jobs that are still in the queue.
 */
internal class Tables(
    val log: List<LogRow>,
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
