package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.Pause
import io.pgqueuer.exposed.internal.pause.IN_EFFECT
import io.pgqueuer.exposed.internal.pause.readPause
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.query
import java.sql.Connection

/** Reads the pauses that have not ended. The table has few rows, so it is read whole. */
internal class PauseView(
    names: Names,
) {
    private val sql = """
        SELECT entrypoint, since, until, reason FROM ${names.pauses} WHERE $IN_EFFECT ORDER BY entrypoint COLLATE "C"
    """.trimIndent()

    fun run(connection: Connection): List<Pause> = connection.query(sql, read = ::readPause)
}
