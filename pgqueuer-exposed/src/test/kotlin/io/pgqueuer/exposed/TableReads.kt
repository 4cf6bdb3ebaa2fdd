package io.pgqueuer.exposed

import io.pgqueuer.exposed.internal.schema.Indexes
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.test.PostgresDatabase

/** What the server has read and changed in a table. */
internal class TableReads(
    val sequentialScans: Long,
    val updates: Long,
    val byIndex: Map<String, Long>,
) {
    operator fun minus(other: TableReads) = TableReads(
        sequentialScans - other.sequentialScans,
        updates - other.updates,
        byIndex.mapValues { (index, read) -> read - other.byIndex.getValue(index) },
    )

    override fun toString() = "$sequentialScans sequential scans, $updates updates, index entries read: $byIndex"
}

internal fun PostgresDatabase.readsOf(table: String): TableReads = connect().use { connection ->
    val (scans, updates) = connection
        .texts("SELECT unnest(ARRAY[seq_scan, n_tup_upd]) FROM pg_stat_user_tables WHERE relname = '$table'")
        .map { it!!.toLong() }
    val indexes = connection
        .texts("SELECT indexrelname || ' ' || idx_tup_read FROM pg_stat_user_indexes WHERE relname = '$table'")
        .associate { it!!.substringBefore(' ') to it.substringAfter(' ').toLong() }
    TableReads(scans, updates, indexes)
}

/** Adds the indexes that Python PgQueuer has beside ours. */
internal fun PostgresDatabase.createPythonsIndexes(table: String) =
    Indexes(Names("", null)).pythons.filter { it.table == table }.forEach { execute(it.create(ifAbsent = false)) }
