package io.pgqueuer.exposed.internal.sql

import java.sql.Connection
import java.sql.PreparedStatement
import java.sql.ResultSet
import java.sql.Statement
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
 * Runs [sql], which may be several statements (sent in one round trip), and reads the rows of one of them.
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
private fun Connection.read(sql: String, parameters: List<Any?>, leading: Int, read: (ResultSet) -> Unit) =
    prepared(sql).use { statement ->
        parameters.forEachIndexed { index, value -> statement.bind(index + 1, value) }
        statement.execute()
        repeat(leading) { statement.moreResults }
        val rows = checkNotNull(statement.resultSet) { "no rows to read after $leading results: $sql" }
        while (rows.next()) read(rows)
    }

/**
 * Runs [sql], several statements in one round trip, and reads the rows of all of them.
 *
 * @param read is called for each row with the number of its statement, counted from 0.
 */
internal fun Connection.readAll(sql: String, parameters: List<Any?>, read: (statement: Int, row: ResultSet) -> Unit) =
    prepared(sql).use { statement ->
        parameters.forEachIndexed { index, value -> statement.bind(index + 1, value) }
        statement.execute()
        var number = 0
        while (true) {
            val rows = statement.resultSet
            if (rows == null && statement.updateCount == NO_MORE_RESULTS) break
            if (rows != null) while (rows.next()) read(number, rows)
            statement.moreResults
            number++
        }
    }

/**
 * Runs [block], which sends a transaction of its own: all statements from `BEGIN` to `COMMIT` in one round trip. The
 * driver would begin one with another statement, and prepare that each time. If [block] fails, [Connection.rollback]
 * ends what it has begun.
 */
internal inline fun <T> Connection.withoutTransaction(block: () -> T): T {
    autoCommit = true
    val result = try {
        block()
    } catch (e: Throwable) {
        // The connection may be broken.
        runCatching { autoCommit = false }
        throw e
    }
    // The driver asks the server nothing for that.
    autoCommit = false
    return result
}

/** Runs the one statement [sql], and returns how many rows it changed. */
internal fun Connection.update(sql: String, parameters: List<Any?>): Int = prepared(sql).use { statement ->
    parameters.forEachIndexed { index, value -> statement.bind(index + 1, value) }
    statement.executeUpdate()
}

/** Runs [sql], one or several statements without parameters or rows of interest. */
internal fun Connection.run(sql: String) {
    createStatement().independent().use { it.execute(sql) }
}

private fun Connection.prepared(sql: String): PreparedStatement = prepareStatement(sql).independent()

/**
 * Sets what our statements rely on, whatever the defaults of the driver or of a pool are. All rows are read at once: a
 * commit in the same round trip ends the portal of those that were left for later. The watchdog bounds the time.
 */
private fun <T : Statement> T.independent(): T = apply {
    fetchSize = 0
    maxRows = 0
    queryTimeout = 0
}

private fun PreparedStatement.bind(index: Int, value: Any?) = when (value) {
    is SqlArray -> setArray(index, connection.createArrayOf(value.type, value.elements))
    else -> setObject(index, value)
}

/** Reads a time; infinity is the distant future or past. */
internal fun ResultSet.instant(column: Int): Instant = getObject(column, OffsetDateTime::class.java).toKotlinInstant()

/** Reads a time that may be NULL. */
internal fun ResultSet.instantOrNull(column: Int): Instant? =
    getObject(column, OffsetDateTime::class.java)?.toKotlinInstant()

/** The driver reads infinity as the ends of Java's range. */
private fun OffsetDateTime.toKotlinInstant(): Instant = when (this) {
    OffsetDateTime.MAX -> Instant.DISTANT_FUTURE
    OffsetDateTime.MIN -> Instant.DISTANT_PAST
    else -> toInstant().toKotlinInstant()
}

/** Reads a number that may be NULL. */
internal fun ResultSet.longOrNull(column: Int): Long? = getLong(column).takeUnless { wasNull() }

/** Reads an array of numbers; empty if it is NULL. */
internal fun ResultSet.longs(column: Int): List<Long> =
    (getArray(column)?.array as Array<*>?).orEmpty().map { it as Long }

/** Reads an array of texts; empty if it is NULL. */
internal fun ResultSet.strings(column: Int): List<String> =
    (getArray(column)?.array as Array<*>?).orEmpty().map { it as String }

/** JDBC's row count after the last result. */
private const val NO_MORE_RESULTS = -1
