package io.pgqueuer.exposed

import io.pgqueuer.Backend
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.exposed.internal.connection.IgnoredConnections
import io.pgqueuer.port.WithoutTransactions
import java.sql.Connection

/**
 * Operations of a queue in PostgreSQL within a transaction that the caller has begun on a JDBC connection. This
 * interface is for framework adapters; applications call [enqueue], [completeIn] and [lockIn].
 *
 * Ask the backend for it, `backend.capability(JdbcQueue::class)`, instead of casting the backend: a cast fails if the
 * store is decorated, but a decorated store passes the request on.
 *
 * The functions that take a connection block the caller's thread. They throw [IllegalArgumentException] if the
 * connection is closed or in autocommit mode, and [IllegalStateException] if a statement of its transaction has failed.
 */
@PgQueuerSpi
public interface JdbcQueue {
    /**
     * Stores [jobs] unchanged in the transaction on [connection].
     *
     * @return the new ids in the order of [jobs]; `null` for each job that [OnConflict.SKIP] left out, and the id of the
     * active job for each that [OnConflict.RAISE_PRIORITY] left out.
     * @throws DuplicateJobException with [OnConflict.RAISE], if a dedupe key is taken; nothing is stored.
     */
    public fun enqueue(connection: Connection, jobs: List<NewJob>, onConflict: OnConflict): List<JobId?>

    /**
     * Ends the job of [lease] as successful in the transaction on [connection], if that lease is live.
     *
     * @return true if the lease was live, or if the same transaction has already ended the job.
     */
    public fun complete(connection: Connection, lease: Lease): Boolean

    /**
     * Locks the row of the job of [lease] until the transaction on [connection] ends, if that lease is live.
     *
     * @return true if the lease is live.
     */
    public fun lock(connection: Connection, lease: Lease): Boolean

    /**
     * Runs [block] in such a way that its calls on the queue do not join the caller's transaction. Each call commits
     * its own work immediately.
     */
    public suspend fun <T> inOwnTransaction(block: suspend () -> T): T
}

/** Returns the [JdbcQueue] of this backend, even if its store is decorated. A store without transactions gets one. */
internal fun Backend.jdbcQueue(): JdbcQueue = capability(JdbcQueue::class)
    ?: requireNotNull(capability(WithoutTransactions::class)?.let(::IgnoredConnections)) {
        "a transaction of the caller's needs a queue made by postgresBackend, or by inMemoryBackend for tests, was " +
            "${this::class.simpleName}"
    }
