package io.pgqueuer

import io.pgqueuer.domain.NewJob
import kotlin.time.Duration

/**
 * Thrown by a handler to have its job run again: the same job, one attempt more.
 *
 * It is obeyed whatever the entrypoint's [RetryPolicy] says.
 *
 * @property delay how long to wait; default none, at most [NewJob.MAX_DELAY].
 * @property reason kept in the log of the job, cut to 64 KiB.
 * @throws IllegalArgumentException if [delay] is out of its bounds.
 */
public class RetryRequested(
    public val delay: Duration = Duration.ZERO,
    public val reason: String? = null,
    cause: Throwable? = null,
) : RuntimeException(reason ?: "retry requested", cause) {
    init {
        require(delay in Duration.ZERO..NewJob.MAX_DELAY) {
            "delay must be >= 0 and at most ${NewJob.MAX_DELAY}, was $delay"
        }
    }
}
