package io.pgqueuer.exposed.internal.connection

import io.pgqueuer.exposed.internal.sql.run
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asExecutor
import org.postgresql.PGConnection
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
    /** Runs [block], for at most [bound]. Cancellation returns at once and breaks the connection off. */
    suspend fun <T> run(bound: Duration, block: (Connection) -> T): T =
        watched(bound, onCancelled = ::abort) { block(connection) }

    /** Runs [sql]. Cancellation returns at once, and has the server end it: of a broken connection it hears too late. */
    suspend fun execute(sql: String) = watched(bound = null, onCancelled = ::cancelQuery) { connection.run(sql) }

    private suspend fun <T> watched(bound: Duration?, onCancelled: () -> Unit, block: () -> T): T =
        watchdog.run(dispatcher, bound, onCancelled = { onCancelled() }) { call ->
            call.use(connection)
            try {
                block()
            } finally {
                call.release()
            }
        }

    private fun cancelQuery() = threads.execute {
        runCatching { connection.unwrap(PGConnection::class.java).cancelQuery() }
        connection.abortAndClose()
    }

    /** Breaks the connection off, whatever it is doing, and gives its place back if it is a pool's. */
    fun abort() = threads.execute { connection.abortAndClose() }

    /** Gives the connection back; without effect once it was broken off. */
    fun close() {
        runCatching { connection.autoCommit = restoredAutoCommit }
        runCatching { connection.close() }
    }

    companion object {
        /** How long it may take to get a connection and to prepare it; less than that if the source has a bound. */
        private val OPENING = 60.seconds

        /** The dispatcher of a connection may have no thread to spare. */
        private val threads = Dispatchers.IO.limitedParallelism(64, "pgqueuer-abort").asExecutor()

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
