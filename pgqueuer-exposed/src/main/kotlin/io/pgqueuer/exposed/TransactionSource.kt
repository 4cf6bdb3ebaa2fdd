package io.pgqueuer.exposed

import org.jetbrains.exposed.v1.jdbc.JdbcTransaction
import org.jetbrains.exposed.v1.jdbc.transactions.TransactionManager
import java.sql.Connection

/**
 * Where the suspending calls on a queue look for a transaction of their caller's: that of Exposed, of Spring, or a
 * thread-local of your own.
 *
 * ```
 * val backend = postgresBackend(settings, transactions = listOf(ExposedTransactions, mySource))
 * ```
 *
 * Calls that change the queue join the transaction that is found: their effect is committed or rolled back with it.
 * Within a transaction that they cannot join (on another database, in autocommit mode, or finished) they throw
 * [IllegalStateException]. Code that has its connection at hand needs no source: see [enqueue] and [completeIn].
 */
public fun interface TransactionSource {
    /**
     * Returns the transaction that the caller is in; null if there is none.
     *
     * It is called at each call, on the thread of the caller. It must be quick and must not open a connection.
     */
    public fun current(): CallersTransaction?
}

/** A transaction that the caller has begun, and will commit or roll back. */
public interface CallersTransaction {
    /** Names the transaction in messages: "the current Exposed transaction (jdbc:postgresql://db/shop)". No password. */
    public val description: String

    /**
     * Stands for the database that the transaction is on, such as its `DataSource`. Whether that is the database of the
     * queue is found out once for each such object.
     */
    public val database: Any

    /** Returns the connection of the transaction. It may block, and is not called on the thread of the caller. */
    public fun connection(): Connection
}

/** Finds the transaction of Exposed: `suspendTransaction { queue.enqueue(…) }`. The default of every backend. */
public object ExposedTransactions : TransactionSource {
    override fun current(): CallersTransaction? = TransactionManager.currentOrNull()?.let(::ExposedTransaction)
}

private class ExposedTransaction(
    private val transaction: JdbcTransaction,
) : CallersTransaction {
    /** A password may be among the parameters of the URL. */
    override val description get() = "the current Exposed transaction (${transaction.db.url.substringBefore('?')})"

    override val database get() = transaction.db

    override fun connection() = transaction.jdbc()
}

/** The JDBC connection that this transaction runs on. */
internal fun JdbcTransaction.jdbc(): Connection = connection.connection as Connection
