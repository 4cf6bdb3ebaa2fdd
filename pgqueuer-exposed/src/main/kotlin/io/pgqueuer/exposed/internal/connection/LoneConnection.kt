package io.pgqueuer.exposed.internal.connection

import io.pgqueuer.exposed.internal.sql.run
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asExecutor
import kotlinx.coroutines.suspendCancellableCoroutine
import org.postgresql.PGConnection
import java.sql.Connection
import java.util.concurrent.Executor

/**
 * A connection beside the pool, outside of transactions, for what keeps it long: it takes none from claims and
 * heartbeats. It blocks a thread of [executor] while it works.
 */
internal class LoneConnection private constructor(
    private val connection: Connection,
    private val restoredAutoCommit: Boolean,
    private val executor: Executor,
) {
    /** Runs [block]. Cancellation returns at once and breaks the connection off. */
    suspend fun <T> run(block: (Connection) -> T): T =
        abortable(executor, onCancelled = ::abort, discard = {}) { block(connection) }

    /** Runs [sql]. Cancellation returns at once, and has the server end it: of a broken connection it hears too late. */
    suspend fun execute(sql: String) = abortable(executor, onCancelled = ::cancelQuery, discard = {}) {
        connection.run(sql)
    }

    /** On a thread of its own, as [executor] may have none to spare: it takes a connection more. */
    private fun cancelQuery() = Dispatchers.IO.asExecutor().execute {
        runCatching { connection.unwrap(PGConnection::class.java).cancelQuery() }
        abort()
    }

    /** Breaks the connection off, whatever it is doing. */
    fun abort() = connection.abort(Runnable::run)

    /** Gives the connection back; without effect once it was broken off. */
    fun close() {
        runCatching { connection.autoCommit = restoredAutoCommit }
        connection.close()
    }

    companion object {
        /** Returns a connection that [connect] has made and that was prepared by [prepare]. */
        suspend fun open(
            executor: Executor,
            connect: () -> Connection,
            prepare: (Connection) -> Unit = {},
        ): LoneConnection = abortable(executor, onCancelled = {}, discard = LoneConnection::abort) {
            val connection = connect()
            try {
                val restored = connection.autoCommit
                connection.autoCommit = true
                prepare(connection)
                LoneConnection(connection, restored, executor)
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
