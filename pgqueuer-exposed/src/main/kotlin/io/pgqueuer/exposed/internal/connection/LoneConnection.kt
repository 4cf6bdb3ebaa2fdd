package io.pgqueuer.exposed.internal.connection

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asExecutor
import kotlinx.coroutines.launch
import java.sql.Connection
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * A connection beside the pool, outside of transactions, for what keeps it long: it takes none from claims and
 * heartbeats. It blocks a thread of [dispatcher] while it works.
 */
internal class LoneConnection private constructor(
    private val connection: Connection,
    private val restoredAutoCommit: Boolean,
    private val watchdog: Watchdog,
    private val dispatcher: CoroutineDispatcher,
) {
    @Volatile private var isCancelling = false

    /** Runs [block], for at most [bound]. Cancellation returns at once and breaks the connection off. */
    suspend fun <T> run(bound: Duration, block: (Connection) -> T): T =
        watched(bound, onCancelled = ::abort) { block(connection) }

    /**
     * Runs [sql]. Cancellation returns at once; the server is asked to cancel the statement until it has ended, as it
     * would notice a broken connection too late. The connection is then broken off.
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

    /** Breaks the connection off, whatever it is doing, and gives its place back if it is a pool's. */
    fun abort() {
        // A connection that is broken off cannot cancel its statement any more.
        if (!isCancelling) threads.asExecutor().execute { connection.abortAndClose() }
    }

    /** Gives the connection back; without effect once it was broken off. */
    fun close() {
        runCatching { connection.autoCommit = restoredAutoCommit }
        runCatching { connection.close() }
    }

    companion object {
        /** How long it may take to get a connection and to prepare it; less than that if the source has a bound. */
        private val OPENING = 60.seconds

        /** The dispatcher of a connection may have no thread to spare. */
        private val threads = Dispatchers.IO.limitedParallelism(64, "pgqueuer-abort")

        /** Returns a connection that [connect] has made and that was prepared by [prepare]. */
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
