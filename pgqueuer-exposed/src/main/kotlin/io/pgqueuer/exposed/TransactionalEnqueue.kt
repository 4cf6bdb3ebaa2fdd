package io.pgqueuer.exposed

import io.pgqueuer.Delivery
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.HeldJob
import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.RunOptions
import kotlinx.coroutines.flow.Flow
import org.jetbrains.exposed.v1.jdbc.JdbcTransaction
import java.sql.Connection

/**
 * Stores [job] in the transaction that the caller has begun on [connection]: for plain JDBC, Spring, jOOQ. Blocks the
 * caller's thread.
 *
 * The job and its log row exist once that transaction commits, which also wakes workers. If it rolls back, nothing was
 * enqueued.
 *
 * @throws IllegalArgumentException if [connection] is in autocommit mode, the queue is not in PostgreSQL, or the job is
 * refused; nothing is stored.
 * @throws DuplicateJobException if its dedupe key is taken; the transaction can go on.
 */
public fun JobQueue.enqueue(connection: Connection, job: NewJob): JobId = enqueueAll(connection, listOf(job)).single()

/** Stores [jobs] as [enqueue] on a connection does; returns their ids in the order of the input. */
public fun JobQueue.enqueueAll(connection: Connection, jobs: List<NewJob>): List<JobId> =
    enqueueAll(connection, jobs, OnConflict.RAISE)
        .map { checkNotNull(it) { "an enqueue that raises on conflict left a job out" } }

/** Stores [jobs] as [enqueue] on a connection does; null where [OnConflict.SKIP] left one out. */
public fun JobQueue.enqueueAll(connection: Connection, jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> =
    backend.jdbcQueue().enqueue(connection, prepare(jobs), onConflict)

/**
 * Stores [job] in the Exposed [transaction]: `transaction { queue.enqueue(this, …) }`. Otherwise as on a connection.
 *
 * Within `suspendTransaction` the suspending calls of [JobQueue] join by themselves. Within a blocking `transaction {
 * }` they do so only on the thread of the transaction: `runBlocking(Dispatchers.IO) { queue.enqueue(…) }` moves to
 * another thread, where Exposed shows no transaction, and the job is stored in a transaction of its own. Use this
 * function there.
 */
public fun JobQueue.enqueue(transaction: JdbcTransaction, job: NewJob): JobId = enqueue(transaction.jdbc(), job)

/** Stores [jobs] in the Exposed [transaction], as on a connection. */
public fun JobQueue.enqueueAll(transaction: JdbcTransaction, jobs: List<NewJob>): List<JobId> =
    enqueueAll(transaction.jdbc(), jobs)

/** Stores [jobs] in the Exposed [transaction], as on a connection. */
public fun JobQueue.enqueueAll(
    transaction: JdbcTransaction,
    jobs: List<NewJob>,
    onConflict: OnConflict,
): List<JobId?> = enqueueAll(transaction.jdbc(), jobs, onConflict)

/**
 * Returns a view of this queue whose suspending calls do not join a transaction of the caller's: what they do is
 * committed by itself, at once, and stays when that transaction rolls back. For audit records and the like.
 *
 * Without it, a call inside a transaction that a [TransactionSource] finds joins that transaction if it is on the
 * queue's database, and otherwise throws [IllegalStateException].
 *
 * @throws IllegalArgumentException if the queue is not in PostgreSQL.
 */
public fun JobQueue.inOwnTransaction(): JobQueue = OwnTransactionQueue(this, backend.jdbcQueue())

private class OwnTransactionQueue(
    private val queue: JobQueue,
    private val jdbc: JdbcQueue,
) : JobQueue {
    override val backend get() = queue.backend

    override suspend fun enqueueAll(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> =
        jdbc.inOwnTransaction { queue.enqueueAll(jobs, onConflict) }

    override suspend fun cancel(ids: Collection<JobId>): Set<JobId> = jdbc.inOwnTransaction { queue.cancel(ids) }

    override suspend fun requeue(ids: Collection<JobId>): Set<JobId> = jdbc.inOwnTransaction { queue.requeue(ids) }

    override suspend fun heldJobs(limit: Int, after: JobId?): List<HeldJob> =
        jdbc.inOwnTransaction { queue.heldJobs(limit, after) }

    override suspend fun clear(entrypoint: String): Long = jdbc.inOwnTransaction { queue.clear(entrypoint) }

    override fun consume(entrypoint: String, options: RunOptions.() -> Unit): Flow<Delivery> =
        queue.consume(entrypoint, options)

    override fun prepare(jobs: List<NewJob>): List<NewJob> = queue.prepare(jobs)
}
