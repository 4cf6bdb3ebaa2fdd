package io.pgqueuer.exposed.internal.connection

import io.pgqueuer.domain.StoreUnavailableException
import io.pgqueuer.exposed.jdbc
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.withContext
import org.jetbrains.exposed.v1.jdbc.JdbcTransaction
import org.jetbrains.exposed.v1.jdbc.transactions.TransactionManager
import java.sql.Connection
import java.sql.SQLException

/**
 * Runs blocking JDBC work on connections of [source], on the threads of [dispatcher].
 *
 * A transaction that has begun is finished, also when its caller is cancelled meanwhile: no connection is left in the
 * middle of one.
 *
 * Our own transactions are plain JDBC. An Exposed `Database` of ours would become the one that the application's
 * `transaction { }` takes when it names none.
 */
internal class Transactions(
    private val source: ConnectionSource,
    private val dispatcher: CoroutineDispatcher,
) {
    /**
     * Runs [block] in a transaction of its own and commits it; on a failure, rolls it back. What loses a race against
     * another transaction is run again, at most [MAX_ATTEMPTS] times in all.
     *
     * @throws StoreUnavailableException if there is no connection to be had, or it broke.
     */
    suspend fun <T> own(block: (Connection) -> T): T = blocking { untilNoRaceIsLost(block) }

    /**
     * Runs [block] as a part of the caller's Exposed transaction where there is one on the same database, else as [own]
     * does.
     */
    suspend fun <T> joining(block: (Connection) -> T): T {
        val callers: JdbcTransaction? = TransactionManager.currentOrNull()
        return blocking {
            val connection = callers?.jdbc()
            if (connection != null && source.isSameDatabaseAs(connection)) {
                connection.withSavepoint(block)
            } else {
                untilNoRaceIsLost(block)
            }
        }
    }

    /**
     * Runs [block] on the caller's thread, as a part of the transaction that the caller has begun on [connection].
     *
     * @throws IllegalArgumentException if [connection] commits by itself.
     */
    fun <T> within(connection: Connection, block: (Connection) -> T): T = translating {
        require(!connection.autoCommit) {
            "the connection must be in a transaction, was in autocommit mode; set autoCommit = false and commit when " +
                "your own writes are done, or leave the connection out"
        }
        connection.withSavepoint(block)
    }

    private suspend fun <T> blocking(block: () -> T): T = withContext(dispatcher) { translating(block) }

    private fun <T> translating(block: () -> T): T = try {
        block()
    } catch (e: Exception) {
        throw translate(e, source.description) ?: e
    }

    private fun <T> untilNoRaceIsLost(block: (Connection) -> T): T {
        repeat(MAX_ATTEMPTS - 1) {
            try {
                return source.open().use { it.commitAfter(block) }
            } catch (e: SQLException) {
                if (!e.isLostRace) throw e
            }
        }
        return source.open().use { it.commitAfter(block) }
    }

    private companion object {
        const val MAX_ATTEMPTS = 5
    }
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
        // Not every pool puts it back; on a connection that broke it does not matter.
        if (restored) runCatching { autoCommit = true }
    }
}

/** Runs [block] within a transaction that the caller has begun, and will end; a failure undoes [block] alone. */
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
