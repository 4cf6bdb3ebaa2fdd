package io.pgqueuer.engine.running

import io.pgqueuer.failures.BoundedText
import io.pgqueuer.failures.MAX_FAILURE_BYTES
import io.pgqueuer.failures.safeStackTrace
import io.pgqueuer.failures.safeToString

/**
 * Ends a job that failed with [failure] and whose retry policy then failed with [ofPolicy]. The record contains both.
 *
 * It has no cause and no stack trace, so that nothing calls the code of these two exceptions through it.
 */
internal class RetryPolicyFailedException(
    val failure: Throwable,
    val ofPolicy: Throwable,
) : RuntimeException(null, null, false, false) {
    override val message: String
        get() = "${failure.safeToString()}; it is not retried, as its retry policy failed: ${ofPolicy.safeToString()}"

    fun stackTraces(): String = BoundedText(MAX_FAILURE_BYTES)
        .append(failure.safeStackTrace(MAX_FAILURE_BYTES / 2))
        .append("The retry policy failed: ")
        .append(ofPolicy.safeStackTrace(MAX_FAILURE_BYTES / 2))
        .toString()

    override fun toString(): String = message
}
