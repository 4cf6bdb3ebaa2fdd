package io.pgqueuer.domain

import kotlinx.coroutines.CancellationException

/**
 * The worker no longer holds the lease of the job [jobId]: it can change the job no more.
 *
 * The handler of such a job is cancelled with it, which is why it is a [CancellationException].
 */
public class LeaseLostException(
    public val jobId: JobId,
    message: String,
) : CancellationException(message)
