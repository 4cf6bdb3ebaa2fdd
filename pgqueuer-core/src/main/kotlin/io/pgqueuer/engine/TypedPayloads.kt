package io.pgqueuer.engine

import io.pgqueuer.JobType
import io.pgqueuer.domain.Job

/** Thrown where a payload does not fit its job type; never retried by policy, as it cannot get better. */
internal class UndecodablePayloadException(
    message: String,
    cause: Throwable?,
) : RuntimeException(message, cause)

/** Reads the value that [job] carries as one of this type. */
internal fun <T> JobType<T>.valueOf(job: Job): T {
    val payload = job.payload
        ?: throw UndecodablePayloadException(
            "job ${job.id} of entrypoint '${job.entrypoint}' has no payload to decode",
            null,
        )
    return try {
        codec.decode(payload)
    } catch (e: Exception) {
        throw UndecodablePayloadException(
            "cannot decode the ${payload.size} bytes of job ${job.id} of entrypoint '${job.entrypoint}': $e",
            e,
        )
    }
}
