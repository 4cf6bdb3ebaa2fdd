package io.pgqueuer.exposed.internal.sql

import java.sql.Connection
import java.sql.PreparedStatement
import java.sql.ResultSet
import java.time.OffsetDateTime
import kotlin.time.Instant
import kotlin.time.toKotlinInstant

/** An array parameter; [type] is the PostgreSQL type of its elements. */
internal class SqlArray(
    val type: String,
    val elements: Array<out Any?>,
)

internal fun bigints(values: Iterable<Long>) = SqlArray("bigint", values.toList().toTypedArray())

internal fun texts(values: Iterable<String?>) = SqlArray("text", values.toList().toTypedArray())

/**
 * Runs [sql], which may be several statements (they travel in one round trip), and reads the rows of one of them.
 *
 * @param leading how many statements come before that one.
 */
internal fun <T> Connection.query(
    sql: String,
    parameters: List<Any?> = emptyList(),
    leading: Int = 0,
    read: (ResultSet) -> T,
): List<T> = buildList { read(sql, parameters, leading) { add(read(it)) } }

/** As [query], with [read] keeping what it reads. */
internal fun Connection.read(sql: String, parameters: List<Any?>, leading: Int, read: (ResultSet) -> Unit) =
    prepareStatement(sql).use { statement ->
        parameters.forEachIndexed { index, value -> statement.bind(index + 1, value) }
        statement.execute()
        repeat(leading) { statement.moreResults }
        val rows = checkNotNull(statement.resultSet) { "no rows to read after $leading results: $sql" }
        while (rows.next()) read(rows)
    }

/** Runs the one statement [sql], and returns how many rows it changed. */
internal fun Connection.update(sql: String, parameters: List<Any?>): Int = prepareStatement(sql).use { statement ->
    parameters.forEachIndexed { index, value -> statement.bind(index + 1, value) }
    statement.executeUpdate()
}

/** Runs [sql], one or several statements without parameters or rows of interest. */
internal fun Connection.run(sql: String) {
    createStatement().use { it.execute(sql) }
}

private fun PreparedStatement.bind(index: Int, value: Any?) = when (value) {
    is SqlArray -> setArray(index, connection.createArrayOf(value.type, value.elements))
    else -> setObject(index, value)
}

internal fun ResultSet.instant(column: Int): Instant =
    getObject(column, OffsetDateTime::class.java).toInstant().toKotlinInstant()

/** Reads a time that may be NULL. */
internal fun ResultSet.instantOrNull(column: Int): Instant? =
    getObject(column, OffsetDateTime::class.java)?.toInstant()?.toKotlinInstant()

/** Reads a number that may be NULL. */
internal fun ResultSet.longOrNull(column: Int): Long? = getLong(column).takeUnless { wasNull() }

/** Reads an array of numbers; of none where it is NULL. */
internal fun ResultSet.longs(column: Int): List<Long> =
    (getArray(column)?.array as Array<*>?).orEmpty().map { it as Long }
