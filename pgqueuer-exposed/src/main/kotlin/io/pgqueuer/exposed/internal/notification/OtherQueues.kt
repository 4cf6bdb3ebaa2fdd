package io.pgqueuer.exposed.internal.notification

import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.query
import java.sql.Connection

/** Counts the queues of other schemas of the database that have the same names, and so the same channel. */
internal class OtherQueues(
    private val names: Names,
) {
    private val sql = """
        SELECT count(*)
        FROM pg_class
        WHERE relname = ? AND relkind IN ('r', 'p') AND oid <> to_regclass(?)
    """.trimIndent()

    fun run(connection: Connection): Int =
        connection.query(sql, listOf(names.queueTable, names.queue)) { it.getInt(1) }.single()
}
