package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobId
import io.pgqueuer.LogLevel
import io.pgqueuer.NewJob
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.table.Column
import io.pgqueuer.exposed.internal.table.CopyOut
import io.pgqueuer.exposed.internal.table.LogTable
import java.sql.Connection

/**
 * Writes log rows. All log rows are written here. The log level of the queue decides which are kept; see
 * [LogLevel.keeps].
 *
 * The level is the result of a function with a constant body, which the planner inlines. Rows that are not kept
 * therefore cost nothing, and PostgreSQL plans the statements again when the function is replaced.
 *
 * A row contains the time at which it is written, not the time of its transaction. The transaction may have waited for
 * a lock of another one that began later but wrote an earlier row.
 */
internal class LogRows(
    private val names: Names,
) {
    /** SQL of whether every row is kept. */
    val areAllKept = "${names.logLevel}() = '${LogLevel.FULL.label}'"

    /**
     * Returns the statement that logs every row of [from], which has an id, a priority and an entrypoint.
     *
     * @param status an expression.
     * @param failure an expression for the traceback, null if these rows have none.
     * @param also further columns of [from], which the log has under the same names.
     */
    fun insert(from: String, status: String, failure: String? = null, also: List<Column> = emptyList()): String = """
        |INSERT INTO ${names.log} (created, job_id, status, priority, entrypoint, traceback${also.named()})
        |SELECT clock_timestamp(), id, $status, priority, entrypoint, ${failure ?: "NULL"}${also.named()}
        |FROM $from
        |WHERE CASE ${names.logLevel}()
        |    WHEN '${LogLevel.FULL.label}' THEN true
        |    WHEN '${LogLevel.TERMINAL.label}' THEN $status NOT IN ('queued', 'picked') OR ${isOfFailure(failure)}
        |    ELSE $status NOT IN ('queued', 'picked', 'successful') OR ${isOfFailure(failure)}
        |END
    """.trimMargin()

    /** Logs [jobs] as newly enqueued, by COPY; for a queue that keeps every row. */
    fun copy(connection: Connection, ids: List<JobId>, jobs: List<NewJob>, status: ByteArray) = CopyOut.copy(
        connection,
        names.log,
        listOf(
            CopyOut.Field(LogTable.jobId) { long(ids[it].value) },
            CopyOut.Field(LogTable.status) { bytes(status) },
            CopyOut.Field(LogTable.priority) { int(jobs[it].priority) },
            CopyOut.Field(LogTable.entrypoint) { text(jobs[it].entrypoint) },
        ),
        jobs.size,
    )

    private fun List<Column>.named() = joinToString("") { ", $it" }

    private fun isOfFailure(failure: String?) = if (failure == null) "false" else "$failure IS NOT NULL"
}
