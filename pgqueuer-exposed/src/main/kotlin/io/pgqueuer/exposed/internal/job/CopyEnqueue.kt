package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.instant
import io.pgqueuer.exposed.internal.sql.microsSince1970
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.table.CopyOut
import io.pgqueuer.exposed.internal.table.QueueTable
import java.sql.Connection

/**
 * Stores a large batch without dedupe keys by COPY, which streams. It is faster than [EnqueueStatement] from about
 * 10,000 jobs. Below that, the additional round trips cost as much time as it saves.
 *
 * COPY can neither resolve conflicts nor return ids, so ids are drawn from the sequence first. It writes the same rows
 * as [EnqueueStatement].
 */
internal class CopyEnqueue(
    private val names: Names,
) {
    private val logRows = LogRows(names)

    fun run(connection: Connection, jobs: List<NewJob>): List<JobId> {
        val (now, isLogged) = connection.query("SELECT now(), ${logRows.areAllKept}") { row ->
            row.instant(1).microsSince1970() to row.getBoolean(2)
        }.single()
        val ids = drawIds(connection, jobs.size)
        val fields = listOf(
            CopyOut.Field(QueueTable.id) { long(ids[it].value) },
            CopyOut.Field(QueueTable.status) { bytes(QUEUED) },
        ) + QueueTable.filled.map { filling ->
            CopyOut.Field(filling.column) { filling.copy(this, jobs[it], now) }
        }
        CopyOut.copy(connection, names.queue, fields, jobs.size)
        if (isLogged) logRows.copy(connection, ids, jobs, QUEUED)
        return ids
    }

    private fun drawIds(connection: Connection, count: Int): List<JobId> = connection.query(
        """
        SELECT nextval(sequence.name)
        FROM (SELECT pg_get_serial_sequence('${names.queue}', 'id')::regclass AS name) sequence, generate_series(1, ?)
        """.trimIndent(),
        listOf(count),
    ) { JobId(it.getLong(1)) }

    private companion object {
        val QUEUED = JobStatus.QUEUED.label.encodeToByteArray()
    }
}
