package io.pgqueuer.exposed.internal.job

import org.postgresql.core.BaseConnection
import org.postgresql.core.TransactionState
import java.sql.Connection
import java.sql.SQLException

/**
 * Checks that the caller's transaction on this connection is usable.
 *
 * @throws IllegalArgumentException if it is closed.
 * @throws IllegalStateException if a statement of the transaction has failed.
 */
internal fun Connection.requireUsable() {
    require(!isClosed) {
        "the connection is closed; call this on the connection of your transaction, before the commit"
    }
    check(transactionState != TransactionState.FAILED) {
        "a statement of the transaction on this connection has failed, so that PostgreSQL refuses all that follow; " +
            "roll back, to a savepoint from before that statement or as a whole"
    }
}

/** Whether the next statement is the first of its transaction; false if this is unknown. */
internal val Connection.beginsTransaction: Boolean get() = transactionState == TransactionState.IDLE

private val Connection.transactionState: TransactionState?
    get() = if (isWrapperFor(BaseConnection::class.java)) unwrap(BaseConnection::class.java).transactionState else null

/** Whether the row was changed after the snapshot of a transaction that is REPEATABLE READ or SERIALIZABLE. */
internal val SQLException.isStaleSnapshot: Boolean get() = sqlState == "40001"

/** Makes an exception for the [failure] of [what] that says how to avoid it. */
internal fun staleSnapshot(what: String, failure: SQLException) = IllegalStateException(
    "cannot $what: the isolation level of the transaction is REPEATABLE READ or SERIALIZABLE, and the job's row was " +
        "changed after the transaction began, by a renewal of its lease; call lockIn(connection) as the first " +
        "statement of the transaction, or use READ COMMITTED, and run the transaction again (${failure.message})",
).apply { addSuppressed(failure) }
