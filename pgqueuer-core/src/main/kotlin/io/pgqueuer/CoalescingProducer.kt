package io.pgqueuer

import io.pgqueuer.domain.JobId
import io.pgqueuer.domain.NewJob
import io.pgqueuer.domain.OnConflict
import io.pgqueuer.engine.EnqueueBuffer
import io.pgqueuer.port.Backend
import io.pgqueuer.port.JobRepository
import kotlinx.coroutines.CoroutineScope

/**
 * Joins jobs that are enqueued one by one at the same time, by many coroutines, into one statement: one commit and one
 * notification for all of them.
 *
 * ```
 * CoalescingProducer(backend.queue, applicationScope).use { producer ->
 *     producer.queue.enqueue("send", payload) // in each request's coroutine
 * }
 * ```
 *
 * A call returns once its job is committed, as ever, and its failure is its own: a duplicate among others is refused
 * alone. While one statement is on its way, the jobs of further callers gather for the next; a lone caller waits for
 * nothing but its own statement. A batch enqueued as one call stays a statement and a transaction of its own.
 *
 * Jobs of a caller's transaction are not joined with those of others: inside one, a call goes to the queue itself and
 * becomes a part of that transaction.
 *
 * @param queue where the jobs go.
 * @param scope where the statements are run; when it ends, those who wait get an [IllegalStateException], but for those
 * whose statement is on its way.
 * @param maxBatch the most jobs in one statement; at least 1, default 1,000.
 * @throws IllegalArgumentException if [maxBatch] is less than 1.
 */
public class CoalescingProducer(
    queue: JobQueue,
    scope: CoroutineScope,
    maxBatch: Int = 1_000,
) : AutoCloseable {
    private val buffer = EnqueueBuffer(queue.backend.jobs, scope, maxBatch)

    /** The queue, as its callers see it who let their jobs be joined. */
    public val queue: JobQueue = JobQueue(Coalescing(queue.backend, buffer), queue.maxPayloadBytes)

    /** Accepts no more jobs; those that were accepted are stored. */
    override fun close() {
        buffer.close()
    }
}

private class Coalescing(
    private val direct: Backend,
    private val buffer: EnqueueBuffer,
) : Backend by direct {
    override val queue: JobQueue get() = JobQueue(this)

    override val jobs: JobRepository = object : JobRepository by direct.jobs {
        override suspend fun enqueue(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> {
            val alone = jobs.singleOrNull()
            if (alone == null || direct.jobs.inCallersTransaction()) return direct.jobs.enqueue(jobs, onConflict)
            return listOf(buffer.enqueue(alone, onConflict))
        }
    }
}
