package io.pgqueuer.exposed.internal.table

import io.pgqueuer.JobStatus
import io.pgqueuer.WorkerId
import io.pgqueuer.exposed.internal.sql.instant
import io.pgqueuer.exposed.internal.sql.instantOrNull
import io.pgqueuer.exposed.internal.sql.longOrNull
import java.sql.ResultSet
import java.util.UUID
import kotlin.time.Instant

/**
 * The columns that a statement selects from a [table], and their positions in its rows: `selection[row, column]`. The
 * positions are computed once for a statement.
 *
 * @param alias the alias that the statement gives to the table.
 * @param after how many values precede these columns in a row of the statement.
 * @param instead expressions to select instead of some columns.
 */
internal class Selection(
    table: Table,
    columns: List<Column>,
    alias: String,
    after: Int = 0,
    instead: Map<Column, String> = emptyMap(),
) {
    private val places = IntArray(table.size).also { places ->
        columns.forEachIndexed { index, column -> places[column.ordinal] = after + index + 1 }
    }

    /** The list of a `SELECT`. */
    val sql: String = columns.joinToString { instead[it] ?: it.selected(alias) }

    private fun place(column: Column) = places[column.ordinal]

    operator fun get(row: ResultSet, column: IntColumn): Int = row.getInt(place(column))

    operator fun get(row: ResultSet, column: ComputedInt): Int? = row.getInt(place(column)).takeUnless { row.wasNull() }

    operator fun get(row: ResultSet, column: LongColumn): Long = row.getLong(place(column))

    fun orNull(row: ResultSet, column: LongColumn): Long? = row.longOrNull(place(column))

    operator fun get(row: ResultSet, column: BooleanColumn): Boolean = row.getBoolean(place(column))

    operator fun get(row: ResultSet, column: BytesColumn): ByteArray? = row.getBytes(place(column))

    operator fun get(row: ResultSet, column: JsonColumn): String? = row.getString(place(column))

    operator fun get(row: ResultSet, column: TextColumn): String = row.getString(place(column))

    fun orNull(row: ResultSet, column: TextColumn): String? = row.getString(place(column))

    operator fun get(row: ResultSet, column: TimeColumn): Instant = row.instant(place(column))

    fun orNull(row: ResultSet, column: TimeColumn): Instant? = row.instantOrNull(place(column))

    operator fun get(row: ResultSet, column: StatusColumn): JobStatus = JobStatus.ofLabel(row.getString(place(column)))

    operator fun get(row: ResultSet, column: WorkerColumn): WorkerId? =
        row.getObject(place(column), UUID::class.java)?.let(::WorkerId)
}
