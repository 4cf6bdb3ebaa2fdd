package io.pgqueuer.cli.torture.fault

import io.pgqueuer.cli.torture.WorkerProcess.Companion.APPLICATION
import io.pgqueuer.cli.torture.record.rows
import kotlinx.coroutines.delay
import java.sql.Connection
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/** Ends connections by `pg_terminate_backend`. Each call cuts a worker's at least, and returns whose it has cut. */
internal class ConnectionCutter(
    private val admin: Admin,
) {
    private class Backend(
        val pid: Int,
        val worker: Int,
    )

    suspend fun cutListener(choice: Int): Set<Int> = untilCut { connection ->
        connection.backends("query LIKE 'LISTEN %'").run { if (isEmpty()) this else listOf(get(choice % size)) }
    }

    /** Cuts about half of the connections that work, of all workers. */
    suspend fun cutSome(choice: Int): Set<Int> {
        val random = Random(choice)
        return untilCut { connection ->
            connection.backends("query NOT LIKE 'LISTEN %'").run { filter { random.nextBoolean() }.ifEmpty { take(1) } }
        }
    }

    private suspend fun untilCut(choose: (Connection) -> List<Backend>): Set<Int> {
        while (true) {
            val cut = admin.run { connection ->
                choose(connection).filter {
                    connection.rows("SELECT pg_terminate_backend(${it.pid})") { row -> row.getBoolean(1) }.single()
                }
            }
            if (cut.isNotEmpty()) return cut.mapTo(sortedSetOf()) { it.worker }
            delay(AGAIN_AFTER)
        }
    }

    private fun Connection.backends(condition: String): List<Backend> = rows(
        """
        SELECT pid, substring(application_name FROM '[0-9]+$')
        FROM pg_stat_activity
        WHERE application_name LIKE '$APPLICATION %' AND $condition
        ORDER BY pid
        """.trimIndent(),
    ) { Backend(it.getInt(1), it.getInt(2)) }

    private companion object {
        val AGAIN_AFTER = 100.milliseconds
    }
}
