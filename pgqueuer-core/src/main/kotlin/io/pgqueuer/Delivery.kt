package io.pgqueuer

import kotlin.time.Duration

/**
 * One job, delivered to a collector of [JobQueue.consume]. Its lease is renewed until you answer by [ack] or [nack].
 *
 * Answer once: a second answer throws [IllegalStateException].
 */
public interface Delivery {
    /** The job, as it was claimed. */
    public val job: StoredJob

    /**
     * Completes the job, and returns once that is written.
     *
     * @throws LeaseLostException if this collector no longer has the job, because the collection has ended, the lease
     * was lost, or the job was canceled. Nothing is written.
     */
    public suspend fun ack()

    /**
     * Gives the job back, to be delivered again after [delay] (default: at once) with one attempt more. Returns once
     * that is written.
     *
     * @throws LeaseLostException in the same cases as [ack].
     */
    public suspend fun nack(delay: Duration = Duration.ZERO)
}
