@file:OptIn(ExperimentalCoroutinesApi::class)

package io.pgqueuer.exposed.internal.connection

import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.exposed.internal.connection.WatchedCall.Stage
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.run
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.slf4j.LoggerFactory
import java.sql.Connection
import java.sql.SQLException
import kotlin.time.Duration

/**
 * Runs blocking JDBC work on connections of [source], on the threads of [dispatcher].
 *
 * A caller that is cancelled returns immediately, even if the database does not answer; see [Watchdog.run]. The
 * exception is work that joined the caller's own transaction. The caller waits for it, as two threads must never use
 * one connection.
 *
 * Our own transactions use plain JDBC. If we created an Exposed `Database`, it would become the default for the
 * application's `transaction { }`.
 *
 * @param bound the default timeout of a transaction; null for none.
 * @param joining what a call does if its caller is in a transaction.
 */
internal class Transactions(
    private val source: ConnectionSource,
    private val dispatcher: CoroutineDispatcher,
    private val watchdog: Watchdog,
    private val bound: Duration?,
    private val joining: Joining = Joining.Never,
) {
    /**
     * Runs [block] in its own transaction, and commits it. If it fails, the transaction is rolled back. If it loses a
     * race against another transaction, it is run again, at most [MAX_ATTEMPTS] times in all. If the server is
     * read-only, as the old primary is after a failover, it is run again on another connection.
     *
     * @throws StoreUnavailableException if no connection is available, the connection broke, or the transaction takes
     * too long.
     */
    suspend fun <T> own(block: (Connection) -> T): T = own(bound, null, block)

    /** Like the other [own], with [bound] instead of the default timeout. */
    suspend fun <T> own(bound: Duration, block: (Connection) -> T): T = own(bound, null, block)

    /**
     * Like the other [own].
     *
     * @param onUnheard undoes what [block] did, in another transaction, if the caller was cancelled before it received
     * the result.
     */
    suspend fun <T> own(onUnheard: (Connection, T) -> Unit, block: (Connection) -> T): T = own(bound, onUnheard, block)

    /**
     * Runs [block] in the caller's transaction if there is one on the same database; otherwise like [own].
     *
     * @throws IllegalStateException if the current transaction cannot be joined; see [Joining].
     */
    suspend fun <T> joining(block: (Connection) -> T): T = joining(bound, block)

    /** Like the other [joining], with [bound] instead of the default timeout; null for none. */
    suspend fun <T> joining(bound: Duration?, block: (Connection) -> T): T {
        val callers = joining.current() ?: return own(bound, null, block)
        val joined = if (callers.isThreadBound) {
            // A caller that is cancelled must learn it, as after `withContext`: it would commit otherwise.
            currentCoroutineContext().ensureActive()
            joinOrNull(callers, block).also { currentCoroutineContext().ensureActive() }
        } else {
            // This needs none of our connections, so it must not wait for calls that do: they may wait for a connection
            // that the caller holds.
            withContext(joinedThreads) { joinOrNull(callers, block) }
        }
        return if (joined != null) joined.getOrThrow() else own(bound, null, block)
    }

    private fun <T> joinOrNull(callers: Joining.Current, block: (Connection) -> T): Result<T>? = translating {
        callers.joinable()?.let { Result.success(it.withSavepoint(block)) }
    }

    /** Whether [joining], called here, would join the caller's transaction, or fail because it cannot. */
    fun isInCallersTransaction(): Boolean = joining.current() != null

    /**
     * Runs [block] on the caller's thread, in the transaction that the caller has begun on [connection].
     *
     * @throws IllegalArgumentException if [connection] is in autocommit mode.
     */
    fun <T> within(connection: Connection, block: (Connection) -> T): T = translating(connection) {
        require(!connection.autoCommit) {
            "the connection must be in a transaction, was in autocommit mode; set autoCommit = false and commit when " +
                "your own writes are done, or leave the connection out"
        }
        connection.withSavepoint(block)
    }

    private suspend fun <T> own(bound: Duration?, onUnheard: ((Connection, T) -> Unit)?, block: (Connection) -> T): T =
        translating {
            watchdog.run(
                dispatcher,
                bound,
                onUnheard = { if (onUnheard != null) undo(it, onUnheard) },
            ) { call -> attempts(call, block) }
        }

    private fun <T> undo(unheard: T, onUnheard: (Connection, T) -> Unit) {
        CoroutineScope(dispatcher).launch {
            try {
                own { onUnheard(it, unheard) }
            } catch (e: CancellationException) {
                throw e
            } catch (e: Exception) {
                log.warn(
                    "cannot undo at {} the result that a cancelled caller did not receive: {}",
                    source.description,
                    e.message,
                )
            }
        }
    }

    /** Translates failures of [block]. Their messages name where [callers], a connection of the caller, leads to. */
    private inline fun <T> translating(callers: Connection? = null, block: () -> T): T = try {
        block()
    } catch (e: CancellationException) {
        throw e
    } catch (e: Exception) {
        throw translate(e, callers?.place()?.toString() ?: source.description) ?: e
    }

    private fun <T> attempts(call: WatchedCall, block: (Connection) -> T): T {
        var races = 0
        var readOnly = 0
        while (true) {
            try {
                return attempt(call, if (races == 0) block else block.readCommitted())
            } catch (e: SQLException) {
                val again = when {
                    e.isLostRace -> ++races < MAX_ATTEMPTS
                    e.isReadOnly -> ++readOnly <= source.size.coerceAtMost(MAX_READ_ONLY)
                    else -> false
                }
                if (!again) throw e
            }
        }
    }

    private fun <T> attempt(call: WatchedCall, block: (Connection) -> T): T {
        source.prepare()
        val connection = call.open(source::open)
        var isUseless = false
        try {
            return connection.commitAfter(block)
        } catch (e: Throwable) {
            isUseless = e.leavesUseless || runCatching { connection.isClosed }.getOrDefault(true)
            throw e
        } finally {
            val stage = call.release()
            if (stage == Stage.ABORTED) source.distrustIdle()
            if (stage == Stage.RUNNING && !isUseless) connection.giveBack() else source.discard(connection)
        }
    }

    private companion object {
        const val MAX_ATTEMPTS = 5

        /** The limit of attempts on read-only connections. A pool with more of them is cleaned up by several calls. */
        const val MAX_READ_ONLY = 10
        val joinedThreads = Dispatchers.IO.limitedParallelism(64)
        val log = LoggerFactory.getLogger(Transactions::class.java)
    }
}

/**
 * Runs this under READ COMMITTED. The isolation level of a given data source may be higher. Then each of several
 * transactions that change one row fails as often as another one commits.
 */
private fun <T> ((Connection) -> T).readCommitted(): (Connection) -> T = { connection ->
    connection.run(EngineStatement.READ_COMMITTED)
    this(connection)
}

private fun <T> Connection.commitAfter(block: (Connection) -> T): T {
    val restored = autoCommit
    autoCommit = false
    try {
        return block(this).also { commit() }
    } catch (e: Throwable) {
        suppressingInto(e) { rollback() }
        throw e
    } finally {
        // Not every pool resets it. On a broken connection it does not matter.
        if (restored) runCatching { autoCommit = true }
    }
}

/** A commit stays valid, even if the pool fails to take the connection back. */
private fun Connection.giveBack() {
    runCatching { close() }
}

/** Runs [block] in a transaction that the caller has begun and will end; a failure undoes only [block]. */
private fun <T> Connection.withSavepoint(block: (Connection) -> T): T {
    val savepoint = setSavepoint()
    try {
        return block(this).also { releaseSavepoint(savepoint) }
    } catch (e: Throwable) {
        suppressingInto(e) { rollback(savepoint) }
        throw e
    }
}

private fun suppressingInto(failure: Throwable, block: () -> Unit) {
    try {
        block()
    } catch (e: SQLException) {
        failure.addSuppressed(e)
    }
}
