package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.toJsonb
import io.pgqueuer.exposed.internal.sql.toMicros
import org.postgresql.PGConnection
import org.postgresql.copy.PGCopyOutputStream
import java.io.DataOutputStream
import java.sql.Connection
import java.time.OffsetDateTime
import java.time.ZoneOffset
import java.time.temporal.ChronoUnit
import kotlin.time.toJavaInstant

/**
 * Stores a large batch without dedupe keys by COPY: it streams, and is faster than [EnqueueStatement] from about 10,000
 * jobs; below that the round trips that it needs more cost as much as it saves.
 *
 * COPY can resolve no conflicts and draw no ids, so ids are drawn before. The rows are those that [EnqueueStatement]
 * writes; their format is PostgreSQL's binary one (see its documentation of COPY, "Binary Format").
 */
internal class CopyEnqueue(
    private val names: Names,
) {
    fun run(connection: Connection, jobs: List<NewJob>): List<JobId> {
        val (now, isLogged) = connection.query("SELECT now(), ${LogRows(names).areAllKept}") { row ->
            row.getObject(1, OffsetDateTime::class.java) to row.getBoolean(2)
        }.single()
        val ids = drawIds(connection, jobs.size)
        copy(connection, "${names.queue} (id, priority, status, entrypoint, execute_after, payload, headers)") {
            jobs.forEachIndexed { index, job ->
                writeShort(QUEUE_COLUMNS)
                writeField(ids[index].value)
                writeField(job.priority)
                writeField(QUEUED)
                writeField(job.entrypoint.encodeToByteArray())
                writeField(runAt(job, now))
                writeField(job.payload)
                writeField(job.headers?.toJsonb()?.let { JSONB_VERSION + it.encodeToByteArray() })
            }
        }
        if (isLogged) log(connection, ids, jobs)
        return ids
    }

    private fun log(connection: Connection, ids: List<JobId>, jobs: List<NewJob>) =
        copy(connection, "${names.log} (job_id, status, priority, entrypoint)") {
            jobs.forEachIndexed { index, job ->
                writeShort(LOG_COLUMNS)
                writeField(ids[index].value)
                writeField(QUEUED)
                writeField(job.priority)
                writeField(job.entrypoint.encodeToByteArray())
            }
        }

    private fun drawIds(connection: Connection, count: Int): List<JobId> = connection.query(
        """
        SELECT nextval(sequence.name)
        FROM (SELECT pg_get_serial_sequence('${names.queue}', 'id')::regclass AS name) sequence, generate_series(1, ?)
        """.trimIndent(),
        listOf(count),
    ) { JobId(it.getLong(1)) }

    private fun copy(connection: Connection, columns: String, rows: DataOutputStream.() -> Unit) {
        val sql = "COPY $columns FROM STDIN (FORMAT binary)"
        val copy = PGCopyOutputStream(connection.unwrap(PGConnection::class.java), sql, BUFFER_BYTES)
        try {
            DataOutputStream(copy).apply {
                write(SIGNATURE)
                writeInt(NO_FLAGS)
                writeInt(NO_EXTENSION)
                rows()
                writeShort(END)
                flush()
            }
            copy.endCopy()
        } finally {
            if (copy.isActive) copy.cancelCopy()
        }
    }

    private fun DataOutputStream.writeField(value: ByteArray?) {
        writeInt(value?.size ?: NULL)
        value?.let(::write)
    }

    private fun DataOutputStream.writeField(value: Long) {
        writeInt(Long.SIZE_BYTES)
        writeLong(value)
    }

    private fun DataOutputStream.writeField(value: Int) {
        writeInt(Int.SIZE_BYTES)
        writeInt(value)
    }

    private fun runAt(job: NewJob, now: OffsetDateTime): Long {
        val earliest = now.microsSincePostgresEpoch()
        val asked = job.runAt?.toJavaInstant()?.atOffset(ZoneOffset.UTC)?.microsSincePostgresEpoch()
        return asked?.coerceAtLeast(earliest) ?: (earliest + job.delay.toMicros())
    }

    private fun OffsetDateTime.microsSincePostgresEpoch() = ChronoUnit.MICROS.between(POSTGRES_EPOCH, this)

    private companion object {
        const val BUFFER_BYTES = 64 * 1024
        const val QUEUE_COLUMNS = 7
        const val LOG_COLUMNS = 4
        const val NO_FLAGS = 0
        const val NO_EXTENSION = 0
        const val NULL = -1
        const val END = -1
        val SIGNATURE = "PGCOPY\n".encodeToByteArray() + byteArrayOf(-1, 13, 10, 0)
        val QUEUED = "queued".encodeToByteArray()
        val JSONB_VERSION = byteArrayOf(1)
        val POSTGRES_EPOCH: OffsetDateTime = OffsetDateTime.of(2000, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC)
    }
}
