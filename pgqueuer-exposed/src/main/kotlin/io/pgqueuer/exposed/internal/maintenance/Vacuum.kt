@file:OptIn(ExperimentalCoroutinesApi::class)

package io.pgqueuer.exposed.internal.maintenance

import io.pgqueuer.exposed.internal.connection.LoneConnection
import io.pgqueuer.exposed.internal.connection.Watchdog
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.query
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import org.postgresql.PGConnection
import java.sql.Connection
import kotlin.time.Duration.Companion.seconds

/**
 * Frees the dead rows of the queue's table, and the dead entries of its indexes. Otherwise claims would read past those
 * entries, so the vacuum must include the indexes. It does not truncate the table, which would lock it. If a vacuum is
 * already running, it does nothing.
 *
 * It runs on its own connection, outside of transactions, as a vacuum requires.
 */
internal class Vacuum(
    names: Names,
    private val watchdog: Watchdog,
    private val connect: () -> Connection,
) {
    private val vacuum = "VACUUM (INDEX_CLEANUP ON, TRUNCATE OFF, SKIP_LOCKED) ${names.queue}"

    /** Users without the privilege get a warning, and no vacuum. The privilege exists since PostgreSQL 17. */
    private val mayVacuum = """
        SELECT CASE WHEN current_setting('server_version_num')::int >= 170000
            THEN has_table_privilege(oid, 'MAINTAIN')
            ELSE pg_has_role(relowner, 'USAGE')
        END
        FROM pg_class
        WHERE oid = '${names.queue}'::regclass
    """.trimIndent()

    /** Returns false if the user lacks the privilege. */
    suspend fun run(): Boolean {
        val thread = Dispatchers.IO.limitedParallelism(1)
        val connection = LoneConnection.open(watchdog, thread, connect)
        try {
            val may = connection.run(ASKING) { own -> own.query(mayVacuum) { it.getBoolean(1) }.single() }
            when {
                !may -> Unit

                connection.run(ASKING) { it.isPooled() } -> connection.execute(vacuum)

                else -> {
                    val before = connection.setTimeout("0")
                    connection.execute(vacuum)
                    // The connection can be one of the application's pool.
                    connection.setTimeout(before)
                }
            }
            connection.close()
            return may
        } catch (e: Exception) {
            connection.abort()
            throw e
        }
    }

    /** A vacuum may take as long as it needs. Returns the timeout that was set before. */
    private suspend fun LoneConnection.setTimeout(value: String): String = run(ASKING) { own ->
        own.query(SET_TIMEOUT, listOf(value)) { it.getString(1) }.single()
    }

    /**
     * Whether a pooler is between, which has an id of its own for the connection. It may run each statement on another
     * connection to the server: a timeout that is set would stay there, for whoever is next.
     */
    private fun Connection.isPooled(): Boolean {
        val server = query("SELECT pg_backend_pid()") { it.getInt(1) }.single()
        return unwrap(PGConnection::class.java).backendPID != server
    }

    private companion object {
        const val SET_TIMEOUT = "SELECT current_setting('statement_timeout'), set_config('statement_timeout', ?, false)"
        val ASKING = 60.seconds
    }
}
