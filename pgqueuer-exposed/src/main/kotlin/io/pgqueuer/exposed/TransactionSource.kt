package io.pgqueuer.exposed

import org.jetbrains.exposed.v1.jdbc.JdbcTransaction
import org.jetbrains.exposed.v1.jdbc.transactions.TransactionManager
import java.sql.Connection

/**
 * Finds the caller's transaction for the suspending calls on a queue: from Exposed, from Spring, or from your own
 * thread-local.
 *
 * ```
 * val backend = postgresBackend(settings, transactions = listOf(ExposedTransactions, mySource))
 * ```
 *
 * Calls that change the queue join this transaction: their effect is committed or rolled back with it. If they cannot
 * join it (it is on another database, in autocommit mode, or finished), they throw [IllegalStateException]. Code that
 * has the connection itself needs no source: see [enqueue] and [completeIn].
 */
public fun interface TransactionSource {
    /**
     * Returns the transaction that the caller is in, or null if there is none.
     *
     * It is called for every call on the queue, on the caller's thread. It must be quick and must not open a
     * connection.
     */
    public fun current(): CallersTransaction?
}

/** A transaction that the caller has begun and will commit or roll back. */
public interface CallersTransaction {
    /**
     * The name of the transaction in messages: "the current Exposed transaction (jdbc:postgresql://db/shop)". No
     * password.
     */
    public val description: String

    /**
     * An object that identifies the database of the transaction, such as its `DataSource`. The library checks once for
     * each such object whether it is the database of the queue.
     */
    public val database: Any

    /**
     * Whether calls use the connection on the caller's thread only, and block it, as JDBC does. Otherwise, they use it on
     * another thread, while their caller is suspended. Default false.
     *
     * A suspended caller holds its connection while other coroutines use its thread. If they block the threads of its
     * dispatcher to wait for a connection, it cannot go on. With true, this cannot happen.
     */
    public val isThreadBound: Boolean get() = false

    /**
     * Returns the connection of the transaction, or null if it has none. It may block. Unless the transaction
     * [isThreadBound], it is not called on the caller's thread.
     */
    public fun connection(): Connection?
}

/** Finds the transaction of Exposed: `suspendTransaction { queue.enqueue(…) }`. The default of every backend. */
public object ExposedTransactions : TransactionSource {
    override fun current(): CallersTransaction? = TransactionManager.currentOrNull()?.let(::ExposedTransaction)
}

private class ExposedTransaction(
    private val transaction: JdbcTransaction,
) : CallersTransaction {
    /** The parameters of the URL can contain a password. */
    override val description get() = "the current Exposed transaction (${transaction.db.url.substringBefore('?')})"

    override val database get() = transaction.db

    /**
     * Not because Exposed demands it. A caller that suspends leaves its thread to transactions that block it until they
     * have a connection, which may be the caller's.
     */
    override val isThreadBound get() = true

    override fun connection() = transaction.jdbc()
}

/** The JDBC connection that this transaction runs on. */
internal fun JdbcTransaction.jdbc(): Connection = connection.connection as Connection
