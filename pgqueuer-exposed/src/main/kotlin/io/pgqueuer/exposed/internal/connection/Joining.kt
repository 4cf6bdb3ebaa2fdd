package io.pgqueuer.exposed.internal.connection

import io.pgqueuer.exposed.jdbc
import org.jetbrains.exposed.v1.jdbc.JdbcTransaction
import org.jetbrains.exposed.v1.jdbc.transactions.TransactionManager
import java.sql.Connection

/** What becomes of an Exposed transaction that is current where a call is made. */
internal sealed interface Joining {
    /** The current transaction, if calls are to look at it. To be called on the caller's thread. */
    fun current(): Current?

    /** Calls have transactions of their own, whatever is current. */
    data object Never : Joining {
        override fun current(): Current? = null
    }

    /**
     * Calls take part in the current transaction.
     *
     * @param refuses whether one that cannot be joined is refused; otherwise the call has a transaction of its own.
     */
    class Callers(
        private val databases: SameDatabase,
        private val refuses: Boolean,
    ) : Joining {
        override fun current(): Current? = TransactionManager.currentOrNull()?.let { Current(it, databases, refuses) }
    }

    class Current(
        private val transaction: JdbcTransaction,
        private val databases: SameDatabase,
        private val refuses: Boolean,
    ) {
        /**
         * The transaction's connection; null if the call is to have a transaction of its own. It may ask the database.
         *
         * @throws IllegalStateException if the transaction cannot be joined, and that is refused.
         */
        fun joinable(): Connection? {
            val connection = transaction.jdbc()
            val obstacle = when {
                connection.isClosed -> "is finished: its connection is closed"
                connection.autoCommit -> "commits each statement by itself: its connection is in autocommit mode"
                !databases.isSame(transaction.db, connection) -> "is on another database"
                else -> return connection
            }
            check(!refuses) {
                "the current Exposed transaction (${transaction.db.url.withoutParameters()}) $obstacle, so that this " +
                    "call on the queue at ${databases.description} cannot be a part of it; call it outside of the " +
                    "transaction, or on queue.inOwnTransaction() if its effect shall stay when that transaction rolls back"
            }
            return null
        }
    }
}

/** A password may be among the parameters. */
private fun String.withoutParameters() = substringBefore('?')
