@file:OptIn(ExperimentalCoroutinesApi::class)

package io.pgqueuer.exposed.internal.connection

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.asExecutor
import kotlinx.coroutines.launch
import java.sql.Connection
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * A connection outside the pool, and outside of transactions, for work that holds it for long. It does not use up
 * connections that claims and heartbeats need. It blocks a thread of [dispatcher] while it works.
 */
internal class LoneConnection private constructor(
    private val connection: Connection,
    private val restoredAutoCommit: Boolean,
    private val watchdog: Watchdog,
    private val dispatcher: CoroutineDispatcher,
) {
    @Volatile private var isCancelling = false

    /** Runs [block], for at most [bound]. Cancellation returns immediately and aborts the connection. */
    suspend fun <T> run(bound: Duration, block: (Connection) -> T): T =
        watched(bound, onCancelled = ::abort) { block(connection) }

    /**
     * Runs [sql]. Cancellation returns immediately. The server is then asked repeatedly to cancel the statement until
     * it has ended, as it would notice a broken connection too late. After that, the connection is aborted.
     */
    suspend fun execute(sql: String) {
        val statement = ServerStatement(connection)
        watched(bound = null, onCancelled = { cancel(statement) }) { statement.run(sql) }
    }

    private suspend fun <T> watched(bound: Duration?, onCancelled: () -> Unit, block: () -> T): T =
        watchdog.run(dispatcher, bound, onCancelled = { onCancelled() }) { call ->
            call.use(connection)
            try {
                block()
            } finally {
                call.release()
            }
        }

    private fun cancel(statement: ServerStatement) {
        isCancelling = true
        CoroutineScope(threads).launch {
            statement.cancel()
            connection.abortAndClose()
        }
    }

    /** Aborts the connection, even while it is in use, and returns it to its pool if it has one. */
    fun abort() {
        // An aborted connection can no longer cancel its statement.
        if (!isCancelling) threads.asExecutor().execute { connection.abortAndClose() }
    }

    /** Returns the connection. Does nothing if the connection was aborted. */
    fun close() {
        runCatching { connection.autoCommit = restoredAutoCommit }
        runCatching { connection.close() }
    }

    companion object {
        /** The timeout for opening and preparing a connection; shorter if the source has its own timeout. */
        private val OPENING = 60.seconds

        /** A separate dispatcher, as the connection's own may have no free thread. */
        private val threads = Dispatchers.IO.limitedParallelism(64)

        /** Opens a connection with [connect] and prepares it with [prepare]. */
        suspend fun open(
            watchdog: Watchdog,
            dispatcher: CoroutineDispatcher,
            connect: () -> Connection,
            prepare: (Connection) -> Unit = {},
        ): LoneConnection = watchdog.run(dispatcher, OPENING, onUnheard = LoneConnection::abort) { call ->
            val connection = call.open(connect)
            try {
                val restored = connection.autoCommit
                connection.autoCommit = true
                prepare(connection)
                LoneConnection(connection, restored, watchdog, dispatcher)
            } catch (e: Exception) {
                connection.abortAndClose()
                throw e
            } finally {
                call.release()
            }
        }
    }
}
