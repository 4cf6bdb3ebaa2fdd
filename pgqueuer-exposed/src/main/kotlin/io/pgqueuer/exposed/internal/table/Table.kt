package io.pgqueuer.exposed.internal.table

import io.pgqueuer.exposed.internal.schema.Names

/**
 * The columns of one of our tables, each declared once, in the order in which the table has them.
 *
 * Everything that needs to know the columns takes them from here: install, upgrade and verify, and the statements that
 * store and read whole rows.
 */
internal abstract class Table {
    private val all = mutableListOf<Column>()

    /** The columns that are stored. */
    val columns: List<Column> get() = all.filter { it !is ComputedInt }

    /** Those that an upgrade adds to the table of Python PgQueuer, or of an older version. */
    val added: List<Column> get() = columns.filter { it.isAdded }

    /** How many places a row of all columns and computed values has. */
    val size: Int get() = all.size

    protected fun <C : Column> declare(column: C): C {
        column.ordinal = all.size
        all += column
        return column
    }

    /** The lines of `CREATE TABLE`: the columns that Python PgQueuer has too. */
    fun definitions(names: Names): List<String> = columns.filter { !it.isAdded }.map { it.definition(names) }

    /** The clauses of `ALTER TABLE` that add what is missing. */
    fun additions(names: Names): List<String> = added.map { "ADD COLUMN IF NOT EXISTS ${it.definition(names)}" }
}
