package io.pgqueuer.exposed.internal.table

import org.postgresql.PGConnection
import org.postgresql.copy.PGCopyOutputStream
import java.io.DataOutputStream
import java.io.OutputStream
import java.sql.Connection

/** Writes rows in the binary format of PostgreSQL's COPY (see its documentation of COPY, "Binary Format"). */
internal class CopyOut private constructor(
    stream: OutputStream,
) {
    private val out = DataOutputStream(stream)

    /** How one column is written; [Writer] is given the number of the row. */
    class Field(
        val column: Column,
        val writer: Writer,
    )

    fun interface Writer {
        fun CopyOut.writeField(row: Int)
    }

    fun int(value: Int) {
        out.writeInt(Int.SIZE_BYTES)
        out.writeInt(value)
    }

    fun long(value: Long) {
        out.writeInt(Long.SIZE_BYTES)
        out.writeLong(value)
    }

    /** Writes a time, given in microseconds since 1970; PostgreSQL counts from 2000. */
    fun time(value: Long) = long(value - MICROS_FROM_1970_TO_2000)

    fun bytes(value: ByteArray?) {
        out.writeInt(value?.size ?: NULL)
        value?.let(out::write)
    }

    fun text(value: String?) = bytes(value?.encodeToByteArray())

    fun jsonb(value: String?) = bytes(value?.let { JSONB_VERSION + it.encodeToByteArray() })

    companion object {
        private const val BUFFER_BYTES = 64 * 1024
        private const val NO_FLAGS = 0
        private const val NO_EXTENSION = 0
        private const val NULL = -1
        private const val END = -1
        private const val MICROS_FROM_1970_TO_2000 = 946_684_800_000_000L
        private val SIGNATURE = "PGCOPY\n".encodeToByteArray() + byteArrayOf(-1, 13, 10, 0)
        private val JSONB_VERSION = byteArrayOf(1)

        /** Copies [rows] rows of [fields] into [table]; the other columns have their defaults. */
        fun copy(connection: Connection, table: String, fields: List<Field>, rows: Int) {
            val sql = "COPY $table (${fields.joinToString { it.column.name }}) FROM STDIN (FORMAT binary)"
            val copy = PGCopyOutputStream(connection.unwrap(PGConnection::class.java), sql, BUFFER_BYTES)
            try {
                CopyOut(copy).writeAll(fields, rows)
                copy.endCopy()
            } finally {
                if (copy.isActive) copy.cancelCopy()
            }
        }

        private fun CopyOut.writeAll(fields: List<Field>, rows: Int) {
            out.write(SIGNATURE)
            out.writeInt(NO_FLAGS)
            out.writeInt(NO_EXTENSION)
            repeat(rows) { row ->
                out.writeShort(fields.size)
                fields.forEach { with(it.writer) { writeField(row) } }
            }
            out.writeShort(END)
            out.flush()
        }
    }
}
