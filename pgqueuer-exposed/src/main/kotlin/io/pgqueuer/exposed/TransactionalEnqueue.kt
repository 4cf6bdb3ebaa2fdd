package io.pgqueuer.exposed

import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.adapter.StoreBackend
import org.jetbrains.exposed.v1.jdbc.JdbcTransaction
import java.sql.Connection

/**
 * Stores [job] in the transaction that the caller has begun on [connection], and blocks the caller's thread meanwhile:
 * for plain JDBC, Spring, jOOQ. The job and its log row are there when that transaction commits, and never were when it
 * rolls back; workers are woken by the commit.
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
public fun JobQueue.enqueueAll(connection: Connection, jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> {
    return backend.onPostgres().jobs.enqueueIn(connection, prepare(jobs), onConflict)
}

/**
 * Stores [job] in the Exposed [transaction]: `transaction { queue.enqueue(this, …) }`. Else as on a connection.
 *
 * Within `suspendTransaction` the suspending calls of [JobQueue] join by themselves. Within a blocking `transaction { }`
 * they do so only on the thread of the transaction: `runBlocking(Dispatchers.IO) { queue.enqueue(…) }` moves to another
 * thread, on which Exposed shows no transaction, and the job is stored by itself. Use this function there.
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
 * Returns a view of this queue whose suspending calls take no part in the caller's Exposed transaction: what they do is
 * committed by itself, at once, and stays when that transaction rolls back. For audit records and the like.
 *
 * Without it, a call inside an Exposed transaction becomes a part of that transaction if it is on the queue's database,
 * and otherwise throws [IllegalStateException].
 *
 * @throws IllegalArgumentException if the queue is not in PostgreSQL.
 */
public fun JobQueue.inOwnTransaction(): JobQueue =
    StoreBackend(backend.onPostgres().inOwnTransactions, backend.options).queue
