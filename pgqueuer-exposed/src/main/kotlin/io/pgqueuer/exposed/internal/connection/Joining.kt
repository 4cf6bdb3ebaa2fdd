package io.pgqueuer.exposed.internal.connection

import io.pgqueuer.exposed.CallersTransaction
import io.pgqueuer.exposed.TransactionSource
import kotlinx.coroutines.asContextElement
import kotlinx.coroutines.withContext
import java.sql.Connection

/** Defines what a call does if its caller is in a transaction. */
internal sealed interface Joining {
    /** The caller's transaction, if calls consider it. Call this on the caller's thread. */
    fun current(): Current?

    /** Calls always have their own transactions. */
    data object Never : Joining {
        override fun current(): Current? = null
    }

    /**
     * Calls join the first transaction that the [sources] find.
     *
     * @param refuses whether a call that cannot join fails; otherwise it has its own transaction.
     */
    class Callers(
        private val sources: List<TransactionSource>,
        private val databases: SameDatabase,
        private val refuses: Boolean,
    ) : Joining {
        override fun current(): Current? {
            if (isOff.get() == true) return null
            return sources.firstNotNullOfOrNull { it.current() }?.let { Current(it, databases, refuses) }
        }
    }

    class Current(
        private val transaction: CallersTransaction,
        private val databases: SameDatabase,
        private val refuses: Boolean,
    ) {
        val isThreadBound get() = transaction.isThreadBound

        /**
         * Returns the transaction's connection, or null if the call is to have its own transaction. It may query the
         * database.
         *
         * @throws IllegalStateException if the transaction cannot be joined and the call is refused.
         */
        fun joinable(): Connection? {
            val connection = transaction.connection()
            val obstacle = when {
                connection == null -> "has no JDBC connection"
                connection.isClosed -> "is finished: its connection is closed"
                connection.autoCommit -> "commits each statement by itself: its connection is in autocommit mode"
                !databases.isSame(transaction.database, connection) -> "is on another database"
                refuses && connection.isReadOnly -> "is read-only"
                else -> return connection
            }
            check(!refuses) {
                "${transaction.description} $obstacle, so that this call on the queue at ${databases.description} " +
                    "cannot join it; call it outside of the transaction, or on queue.inOwnTransaction() if its " +
                    "effect must stay when that transaction rolls back"
            }
            return null
        }
    }

    companion object {
        /** A thread-local, as most sources are: [current] is not called in a coroutine. */
        private val isOff = ThreadLocal<Boolean>()

        /** Runs [block] without joining: its calls have their own transactions. */
        suspend fun <T> without(block: suspend () -> T): T = withContext(isOff.asContextElement(true)) { block() }
    }
}
