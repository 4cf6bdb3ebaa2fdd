package io.pgqueuer

import kotlin.time.Duration

/**
 * Thrown by a handler to have its job run again: the same job, one attempt more.
 *
 * It is obeyed whatever the entrypoint's [RetryPolicy] says.
 *
 * @property delay how long to wait; default none.
 * @throws IllegalArgumentException if [delay] is negative or infinite.
 */
public class RetryRequested(
    public val delay: Duration = Duration.ZERO,
    public val reason: String? = null,
    cause: Throwable? = null,
) : RuntimeException(reason ?: "retry requested", cause) {
    init {
        require(!delay.isNegative() && delay.isFinite()) { "delay must be >= 0 and finite, was $delay" }
    }
}
