package io.pgqueuer.exposed.internal.sql

/**
 * SQL of `id = by`, for a statement that joins some rows to a large table: each of them looks up its row in the index
 * on [id].
 *
 * With `id = by`, PostgreSQL could also read all of that index and compare it with the few rows. If the table is empty
 * when the statement is planned, both cost the same, and the connection keeps its plan when the table is full. Of an
 * array, an index can only be asked for the elements.
 *
 * @param id the column of the large table.
 * @param by the value in the other row.
 */
internal fun lookUp(id: String, by: String): String = "$id = ANY (ARRAY[$by])"

/**
 * SQL at the end of a subquery of `EXISTS`: PostgreSQL asks an index about the values at hand.
 *
 * Without it, PostgreSQL could also read the whole index into a hash once, and would do so for the same reason. It never
 * does for a query with an offset.
 */
internal const val UNHASHED = "OFFSET 0"
