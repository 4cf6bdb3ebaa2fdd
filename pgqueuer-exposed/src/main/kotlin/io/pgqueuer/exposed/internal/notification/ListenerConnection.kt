package io.pgqueuer.exposed.internal.notification

import io.pgqueuer.exposed.internal.connection.LoneConnection
import io.pgqueuer.exposed.internal.connection.Watchdog
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.longOrNull
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.run
import kotlinx.coroutines.CoroutineDispatcher
import org.postgresql.PGConnection
import org.postgresql.PGNotification
import java.sql.Connection
import java.sql.SQLNonTransientConnectionException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * A connection that only listens. It blocks a thread while it waits.
 *
 * @property queue the OID of the queue's table, null if there is none.
 */
internal class ListenerConnection private constructor(
    private val connection: LoneConnection,
    private val silence: Duration,
    val queue: Long?,
) {
    /**
     * Waits for the next notifications, and passes each to [receive], on the thread that has waited. If
     * none arrives within [silence], it checks the connection. The check requires that the connection is alive and its
     * server accepts writes, as only then do others notify there.
     *
     * It fails if the check does not succeed within [silence] and [PROBE]. Cancellation returns immediately. Both abort
     * the connection.
     *
     * @param receive must not block.
     */
    suspend fun await(receive: (PGNotification) -> Unit) = connection.run(silence + PROBE) {
        val notifications = it.unwrap(PGConnection::class.java)
        val arrived = notifications.getNotifications(silence.inWholeMilliseconds.toInt()).orEmpty()
        if (arrived.isEmpty()) probe(it)
        arrived.forEach(receive)
    }

    private fun probe(connection: Connection) {
        val isReadOnly = connection.query("SHOW transaction_read_only") { it.getString(1) }.single() == "on"
        if (isReadOnly) {
            throw SQLNonTransientConnectionException(
                "the listening connection's server is read-only",
                "25006",
            )
        }
    }

    fun abort() = connection.abort()

    companion object {
        /** How long a listener may receive nothing before it checks its connection. */
        val SILENCE = 10.seconds

        private val PROBE = 5.seconds

        /** A listener is idle most of the time. The setting exists since PostgreSQL 14. */
        private const val STAY_IDLE = "SELECT set_config('idle_session_timeout', '0', false) " +
            "WHERE current_setting('idle_session_timeout', true) IS NOT NULL"

        /** Opens a connection and listens on the channels of [names]; once this returns, events are received. */
        suspend fun open(
            names: Names,
            watchdog: Watchdog,
            thread: CoroutineDispatcher,
            silence: Duration,
            connect: () -> Connection,
        ): ListenerConnection {
            var queue: Long? = null
            val connection = LoneConnection.open(watchdog, thread, connect) {
                it.run(STAY_IDLE)
                queue =
                    it.query("SELECT to_regclass(?)::oid", listOf(names.queue)) { row -> row.longOrNull(1) }.single()
                it.run("LISTEN \"${names.workersChannel}\"")
                // Alone and last, so that pg_stat_activity shows it.
                it.run("LISTEN \"${names.channel}\"")
            }
            return ListenerConnection(connection, silence, queue)
        }
    }
}
