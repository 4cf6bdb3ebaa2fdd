package io.pgqueuer.exposed

import io.pgqueuer.JobContext
import io.pgqueuer.domain.LeaseLostException
import org.jetbrains.exposed.v1.jdbc.JdbcTransaction
import java.sql.Connection

/**
 * Completes the job in the transaction that the handler has begun on [connection]: the handler's writes and the end of
 * the job are committed together, or not at all. Blocks the caller's thread; let it be the last write before the commit.
 *
 * The job's row stays locked until the transaction ends. A handler that returns although the transaction did not commit
 * has failed; what it throws counts as ever.
 *
 * @throws LeaseLostException if the worker no longer holds the job; let it out, so that the transaction rolls back.
 * @throws IllegalArgumentException if [connection] is in autocommit mode, or the job is not from PostgreSQL.
 */
public fun JobContext.completeIn(connection: Connection) {
    val jobs = backend.onPostgres().jobs
    completeBy { jobs.completeIn(connection, it.lease) }
}

/** Completes the job in the Exposed [transaction]: `transaction { …; completeIn(this) }`. Else as on a connection. */
public fun JobContext.completeIn(transaction: JdbcTransaction) {
    completeIn(transaction.jdbc())
}
