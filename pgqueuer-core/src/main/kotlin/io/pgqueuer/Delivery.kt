package io.pgqueuer

import io.pgqueuer.engine.calls.attempt
import kotlin.time.Duration

/**
 * One job handed to a collector of [consume]. Its lease is kept until it is acknowledged or given back.
 *
 * The first answer counts; a second throws [IllegalStateException].
 */
public interface Delivery {
    /** The job, as it was claimed. */
    public val job: StoredJob

    /**
     * Completes the job, and returns once that is written.
     *
     * @throws LeaseLostException if the job is no longer this collector's: the collection has ended, the lease was lost,
     * or the job was canceled. Nothing was written.
     */
    public suspend fun ack()

    /**
     * Puts the job back to be delivered again after [delay] (default: at once), one attempt more, and returns once that
     * is written.
     *
     * @throws LeaseLostException as [ack] does.
     */
    public suspend fun nack(delay: Duration = Duration.ZERO)
}
