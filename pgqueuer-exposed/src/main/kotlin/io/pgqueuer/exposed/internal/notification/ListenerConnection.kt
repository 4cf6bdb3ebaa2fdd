package io.pgqueuer.exposed.internal.notification

import io.pgqueuer.exposed.internal.sql.run
import kotlinx.coroutines.suspendCancellableCoroutine
import org.postgresql.PGConnection
import java.sql.Connection
import java.sql.SQLNonTransientConnectionException
import java.util.concurrent.Executor
import kotlin.time.Duration.Companion.seconds

/** A connection that does nothing but listen. It blocks a thread of [executor] while it waits. */
internal class ListenerConnection private constructor(
    private val connection: Connection,
    private val executor: Executor,
) {
    private val notifications = connection.unwrap(PGConnection::class.java)

    /**
     * Returns the payloads of the notifications that arrive next, none after [SILENCE] without any; the connection was
     * then found to be alive.
     *
     * Cancellation returns at once and breaks the connection off.
     */
    suspend fun await(): List<String> = abortable(executor, onCancelled = ::abort, discard = {}) {
        val arrived = notifications.getNotifications(SILENCE.inWholeMilliseconds.toInt())?.map {
            it.parameter
        }.orEmpty()
        if (arrived.isEmpty() && !connection.isValid(PROBE_TIMEOUT.inWholeSeconds.toInt())) {
            throw SQLNonTransientConnectionException("the listening connection is dead", "08006")
        }
        arrived
    }

    /** Breaks the connection off, whatever it is doing. */
    fun abort() = connection.abort(Runnable::run)

    companion object {
        private val SILENCE = 30.seconds
        private val PROBE_TIMEOUT = 10.seconds

        /** Opens a connection and listens on [channel]; when this returns, events are heard. */
        suspend fun open(channel: String, executor: Executor, connect: () -> Connection): ListenerConnection =
            abortable(executor, onCancelled = {}, discard = ListenerConnection::abort) {
                val connection = connect()
                try {
                    connection.autoCommit = true
                    connection.run("LISTEN \"$channel\"")
                    ListenerConnection(connection, executor)
                } catch (e: Exception) {
                    connection.abort(Runnable::run)
                    throw e
                }
            }

        /**
         * Runs [block] on [executor]. A caller that is cancelled does not wait for it: [onCancelled] is to make it end,
         * and what it still returns goes to [discard].
         */
        private suspend fun <T> abortable(
            executor: Executor,
            onCancelled: () -> Unit,
            discard: (T) -> Unit,
            block: () -> T,
        ): T = suspendCancellableCoroutine { continuation ->
            continuation.invokeOnCancellation { onCancelled() }
            executor.execute {
                runCatching(block).fold(
                    onSuccess = { continuation.resume(it) { _, unheard, _ -> discard(unheard) } },
                    onFailure = { continuation.resumeWith(Result.failure(it)) },
                )
            }
        }
    }
}
