package io.pgqueuer.exposed.internal.connection

import io.pgqueuer.exposed.CallersTransaction
import io.pgqueuer.exposed.TransactionSource
import kotlinx.coroutines.asContextElement
import kotlinx.coroutines.withContext
import java.sql.Connection

/** What a call does if its caller is in a transaction. */
internal sealed interface Joining {
    /** The transaction of the caller's, if calls are to look at it. To be called on the caller's thread. */
    fun current(): Current?

    /** Calls have transactions of their own, whatever the caller is in. */
    data object Never : Joining {
        override fun current(): Current? = null
    }

    /**
     * Calls join the first transaction that the [sources] find.
     *
     * @param refuses whether a call is refused if it cannot join; otherwise it has a transaction of its own.
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
        /**
         * The transaction's connection; null if the call is to have a transaction of its own. It may ask the database.
         *
         * @throws IllegalStateException if the transaction cannot be joined, and that is refused.
         */
        fun joinable(): Connection? {
            val connection = transaction.connection()
            val obstacle = when {
                connection.isClosed -> "is finished: its connection is closed"
                connection.autoCommit -> "commits each statement by itself: its connection is in autocommit mode"
                !databases.isSame(transaction.database, connection) -> "is on another database"
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
        /** Thread-local, as what the sources look at mostly is: [current] is not called in a coroutine. */
        private val isOff = ThreadLocal<Boolean>()

        /** Runs [block] without joining: the calls in it have transactions of their own. */
        suspend fun <T> without(block: suspend () -> T): T = withContext(isOff.asContextElement(true)) { block() }
    }
}
