package io.pgqueuer.engine

import io.pgqueuer.JobContext
import io.pgqueuer.JobType
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.domain.Job
import io.pgqueuer.domain.requireEntrypoint
import kotlin.time.Duration

/** One registered handler with its options. */
internal class Entrypoint(
    val name: String,
    val concurrencyLimit: Int,
    val onFailure: OnFailure,
    val retry: RetryPolicy,
    val timeout: Duration,
    val handler: suspend JobContext.(Job) -> Unit,
) {
    init {
        requireEntrypoint(name)
        require(concurrencyLimit >= 0) { "concurrencyLimit must be >= 0, was $concurrencyLimit (entrypoint '$name')" }
        require(timeout.isPositive()) { "timeout must be > 0, was $timeout (entrypoint '$name')" }
    }
}

/** Thrown where a payload does not fit its job type; never retried by policy, as it cannot get better. */
internal class UndecodablePayloadException(
    message: String,
    cause: Throwable?,
) : RuntimeException(message, cause)

/** Adapts a [handler] of values to one of jobs. */
internal fun <T> decoding(
    type: JobType<T>,
    handler: suspend JobContext.(T) -> Unit,
): suspend JobContext.(Job) -> Unit = { job ->
    val payload = job.payload
        ?: throw UndecodablePayloadException(
            "job ${job.id} of entrypoint '${job.entrypoint}' has no payload to decode",
            null,
        )
    val value = runCatching { type.codec.decode(payload) }.getOrElse { cause ->
        throw UndecodablePayloadException(
            "cannot decode the ${payload.size} bytes of job ${job.id} of entrypoint '${job.entrypoint}': $cause",
            cause,
        )
    }
    handler(value)
}
