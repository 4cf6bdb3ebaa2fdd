package io.pgqueuer.domain

/**
 * The worker no longer holds the lease of the job [jobId], so it can no longer change the job.
 *
 * Calls such as `ack` and `completeIn` throw it. It is not a `CancellationException`: a coroutine that does not catch it
 * fails. A handler whose lease is lost while it runs is cancelled, with this exception as the cause of the cancellation.
 */
public class LeaseLostException(
    public val jobId: JobId,
    message: String,
) : PgQueuerException(message)
