package io.pgqueuer.examples

import io.pgqueuer.Backend
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RetryRequested
import io.pgqueuer.Worker
import java.io.IOException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What a payment provider answers. */
sealed interface Answer {
    data object Paid : Answer

    data class Busy(
        val retryAfter: Duration,
    ) : Answer

    data class Refused(
        val reason: String,
    ) : Answer
}

private val NETWORK_FAILURES = RetryPolicy.exponential(
    maxAttempts = 5,
    initialDelay = 10.seconds,
    maxDelay = 5.minutes,
    retryOn = { it is IOException },
)

/**
 * Charges cards: retries when the provider says so, retries network failures by a policy, and holds what a person must look
 * at.
 */
fun paymentWorker(backend: Backend, charge: suspend (card: String) -> Answer): Worker = backend.worker {
    entrypoint("charge", {
        onFailure = OnFailure.HOLD
        retry = NETWORK_FAILURES
    }) { job ->
        when (val answer = charge(checkNotNull(job.payloadText))) {
            is Answer.Paid -> Unit
            is Answer.Busy -> throw RetryRequested(answer.retryAfter, "the provider is busy")
            is Answer.Refused -> error("refused: ${answer.reason}")
        }
    }
}
