package io.pgqueuer.exposed.internal.notification

import io.pgqueuer.exposed.internal.connection.LoneConnection
import io.pgqueuer.exposed.internal.connection.Watchdog
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.run
import kotlinx.coroutines.CoroutineDispatcher
import org.postgresql.PGConnection
import java.sql.Connection
import java.sql.SQLNonTransientConnectionException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** A connection that only listens. It blocks a thread while it waits. */
internal class ListenerConnection private constructor(
    private val connection: LoneConnection,
    private val silence: Duration,
) {
    /**
     * Waits for the next notifications, and passes the payload of each to [receive], on the thread that has waited. If
     * none arrives within [silence], it checks the connection. The check requires that the connection is alive and its
     * server accepts writes, as only then do others notify there.
     *
     * It fails if the check does not succeed within [silence] and [PROBE]. Cancellation returns immediately. Both abort
     * the connection.
     *
     * @param receive must not block.
     */
    suspend fun await(receive: (String) -> Unit) = connection.run(silence + PROBE) {
        val notifications = it.unwrap(PGConnection::class.java)
        val arrived = notifications.getNotifications(silence.inWholeMilliseconds.toInt()).orEmpty()
        if (arrived.isEmpty()) probe(it)
        for (notification in arrived) receive(notification.parameter)
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

        /** Opens a connection and listens on [channel]; once this returns, events are received. */
        suspend fun open(
            channel: String,
            watchdog: Watchdog,
            thread: CoroutineDispatcher,
            silence: Duration,
            connect: () -> Connection,
        ) = ListenerConnection(
            LoneConnection.open(watchdog, thread, connect) {
                it.run(STAY_IDLE)
                // Alone, so that pg_stat_activity shows it.
                it.run("LISTEN \"$channel\"")
            },
            silence,
        )
    }
}
