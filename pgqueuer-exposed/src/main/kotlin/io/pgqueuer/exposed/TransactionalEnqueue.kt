package io.pgqueuer.exposed

import io.pgqueuer.Delivery
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.HeldJob
import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.Pause
import io.pgqueuer.PauseOptions
import io.pgqueuer.RunOptions
import kotlinx.coroutines.flow.Flow
import org.jetbrains.exposed.v1.jdbc.JdbcTransaction
import java.sql.Connection

/**
 * Stores [job] in the transaction that the caller has begun on [connection]. Use it with plain JDBC, Spring or jOOQ. It
 * blocks the caller's thread.
 *
 * The job and its log row exist once that transaction commits, which also wakes workers. If it rolls back, nothing was
 * enqueued. A queue in memory, for tests, ignores the connection and stores the job at once.
 *
 * @throws IllegalArgumentException if [connection] is in autocommit mode, or the job is invalid; nothing is stored.
 * @throws DuplicateJobException if its dedupe key is taken; the transaction can continue.
 */
public fun JobQueue.enqueue(connection: Connection, job: NewJob): JobId = enqueueAll(connection, listOf(job)).single()

/** Stores [jobs] like [enqueue] on a connection; returns their ids in the order of the input. */
public fun JobQueue.enqueueAll(connection: Connection, jobs: List<NewJob>): List<JobId> =
    enqueueAll(connection, jobs, OnConflict.RAISE)
        .map { checkNotNull(it) { "an enqueue that raises on conflict left a job out" } }

/** Stores [jobs] like [enqueue] on a connection; the id is null for a job that [OnConflict.SKIP] left out. */
public fun JobQueue.enqueueAll(connection: Connection, jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> {
    val jdbc = backend.jdbcQueue()
    return enqueueBy(jobs) { jdbc.enqueue(connection, it, onConflict) }
}

/**
 * Stores [job] in the Exposed [transaction]: `transaction { queue.enqueue(this, …) }`. Otherwise as on a connection.
 *
 * Within `suspendTransaction` the suspending calls of [JobQueue] join the transaction automatically. Within a blocking
 * `transaction { }` they join it only on its thread. `runBlocking(Dispatchers.IO) { queue.enqueue(…) }` moves to
 * another thread, where Exposed has no transaction, and the job is stored in a separate one. Use this function there.
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
 * Returns a view of this queue whose suspending calls do not join the caller's transaction. Each call commits its own
 * work immediately, and the work remains if the caller's transaction rolls back. Use it for audit records, for example.
 *
 * Without it, a call joins the transaction that a [TransactionSource] finds. If that is not on the queue's database,
 * the call throws [IllegalStateException].
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

    override suspend fun runNow(ids: Collection<JobId>): Set<JobId> = jdbc.inOwnTransaction { queue.runNow(ids) }

    override suspend fun dismiss(ids: Collection<JobId>): Set<JobId> = jdbc.inOwnTransaction { queue.dismiss(ids) }

    override suspend fun heldJobs(limit: Int, after: JobId?, entrypoint: String?): List<HeldJob> =
        jdbc.inOwnTransaction { queue.heldJobs(limit, after, entrypoint) }

    override suspend fun clear(entrypoint: String): Long = jdbc.inOwnTransaction { queue.clear(entrypoint) }

    override suspend fun pause(entrypoint: String, options: PauseOptions.() -> Unit): Pause =
        jdbc.inOwnTransaction { queue.pause(entrypoint, options) }

    override suspend fun resume(entrypoint: String): Boolean = jdbc.inOwnTransaction { queue.resume(entrypoint) }

    override suspend fun pauseQueue(options: PauseOptions.() -> Unit): Pause =
        jdbc.inOwnTransaction { queue.pauseQueue(options) }

    override suspend fun resumeQueue(): Boolean = jdbc.inOwnTransaction { queue.resumeQueue() }

    override fun consume(entrypoint: String, options: RunOptions.() -> Unit): Flow<Delivery> =
        queue.consume(entrypoint, options)

    override fun enqueueBy(jobs: List<NewJob>, store: (List<NewJob>) -> List<JobId?>): List<JobId?> =
        queue.enqueueBy(jobs, store)
}
