package io.pgqueuer.exposed

import io.pgqueuer.JobContext
import io.pgqueuer.LeaseLostException
import org.jetbrains.exposed.v1.jdbc.JdbcTransaction
import java.sql.Connection

/**
 * Completes the job in the transaction that the handler has begun on [connection]: the handler's writes and the end of
 * the job are committed together, or not at all. It blocks the caller's thread. Make it the last write before the
 * commit.
 *
 * The job's row stays locked until the transaction ends. If the handler returns but the transaction did not commit, the
 * run has failed. Completing the job again in the same transaction does nothing.
 *
 * If the transaction is REPEATABLE READ or SERIALIZABLE, call [lockIn] first.
 *
 * A queue in memory, for tests, ignores the connection: the job ends at once, also if the transaction rolls back.
 *
 * @throws LeaseLostException if the worker no longer holds the job; do not catch it, so that the transaction rolls
 * back.
 * @throws IllegalArgumentException if [connection] is in autocommit mode or closed, or on another database.
 * @throws IllegalStateException if a statement of the transaction has failed; if the transaction is REPEATABLE READ or
 * SERIALIZABLE, and the lease was renewed since it began; if this run has completed the job in an earlier transaction.
 */
public fun JobContext.completeIn(connection: Connection) {
    val queue = backend.jdbcQueue()
    completeBy { queue.complete(connection, it) }
}

/** Completes the job in the Exposed [transaction], as on a connection: `transaction { …; completeIn(this) }`. */
public fun JobContext.completeIn(transaction: JdbcTransaction) {
    completeIn(transaction.jdbc())
}

/**
 * Locks the job's row until the transaction on [connection] ends. [completeIn] needs this lock if the transaction is
 * REPEATABLE READ or SERIALIZABLE. Call it as the first statement of the transaction:
 *
 * ```
 * lockIn(connection)
 * // … the handler's own writes
 * completeIn(connection)
 * connection.commit()
 * ```
 *
 * Such a transaction cannot delete a row that was changed after it began, and every renewal of the lease changes the
 * row. While the row is locked, its lease is not renewed. The worker keeps the job until the transaction ends, even if
 * the heartbeat expires. READ COMMITTED, the default, needs no lock.
 *
 * @throws LeaseLostException if the worker no longer holds the job; do not catch it, so that the transaction rolls
 * back.
 * @throws IllegalArgumentException if [connection] is in autocommit mode or closed.
 * @throws IllegalStateException if the lease was renewed since the transaction began (the call comes too late), or if a
 * statement of the transaction has failed.
 */
public fun JobContext.lockIn(connection: Connection) {
    if (!backend.jdbcQueue().lock(connection, lease)) {
        throw LeaseLostException(job.id, "$job is no longer leased to this run: it was taken over, ended or removed")
    }
}

/** Locks the job's row in the Exposed [transaction], as on a connection. */
public fun JobContext.lockIn(transaction: JdbcTransaction) {
    lockIn(transaction.jdbc())
}
