package io.pgqueuer.exposed.internal.notification

import io.pgqueuer.exposed.internal.connection.LoneConnection
import io.pgqueuer.exposed.internal.sql.run
import org.postgresql.PGConnection
import java.sql.Connection
import java.sql.SQLNonTransientConnectionException
import java.util.concurrent.Executor
import kotlin.time.Duration.Companion.seconds

/** A connection that does nothing but listen. It blocks a thread while it waits. */
internal class ListenerConnection private constructor(
    private val connection: LoneConnection,
) {
    /**
     * Returns the payloads of the notifications that arrive next, none after [SILENCE] without any; the connection was
     * then found to be alive.
     *
     * Cancellation returns at once and breaks the connection off.
     */
    suspend fun await(): List<String> = connection.run {
        val notifications = it.unwrap(PGConnection::class.java)
        val arrived = notifications.getNotifications(SILENCE.inWholeMilliseconds.toInt())?.map { notification ->
            notification.parameter
        }.orEmpty()
        if (arrived.isEmpty() && !it.isValid(PROBE_TIMEOUT.inWholeSeconds.toInt())) {
            throw SQLNonTransientConnectionException("the listening connection is dead", "08006")
        }
        arrived
    }

    fun abort() = connection.abort()

    companion object {
        private val SILENCE = 30.seconds
        private val PROBE_TIMEOUT = 10.seconds

        /** Opens a connection and listens on [channel]; when this returns, events are heard. */
        suspend fun open(channel: String, executor: Executor, connect: () -> Connection) =
            ListenerConnection(LoneConnection.open(executor, connect) { it.run("LISTEN \"$channel\"") })
    }
}
