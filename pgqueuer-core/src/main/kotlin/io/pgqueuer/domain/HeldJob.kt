package io.pgqueuer.domain

/**
 * A job that is held as `failed`.
 *
 * @property job the job, without its payload.
 * @property failure why; null where the log does not tell any more.
 */
public class HeldJob(
    public val job: Job,
    public val failure: FailureRecord?,
)
