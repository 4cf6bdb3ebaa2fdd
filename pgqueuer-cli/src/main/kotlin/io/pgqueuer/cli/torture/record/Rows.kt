package io.pgqueuer.cli.torture.record

import java.sql.Connection
import java.sql.ResultSet

internal fun <T> Connection.rows(sql: String, read: (ResultSet) -> T): List<T> = createStatement().use { statement ->
    statement.executeQuery(sql).use { rows -> buildList { while (rows.next()) add(read(rows)) } }
}

internal fun Connection.execute(sql: String) {
    createStatement().use { it.execute(sql) }
}
