package io.pgqueuer

import io.pgqueuer.failures.safeToString

/** Thrown when a payload does not fit its job type. It is never retried by policy: another try would fail as well. */
internal class UndecodablePayloadException(
    message: String,
    cause: Throwable?,
) : RuntimeException(message, cause)

/** Reads the value that [job] carries as one of this type. */
internal fun <T> JobType<T>.valueOf(job: StoredJob): T {
    val payload = job.payload
        ?: throw UndecodablePayloadException(
            "job ${job.id} of entrypoint '${job.entrypoint}' has no payload to decode",
            null,
        )
    return try {
        codec.decode(payload)
    } catch (e: InterruptedException) {
        throw e
    } catch (e: OutOfMemoryError) {
        // Says more of the process than of the payload, and may pass.
        throw e
    } catch (e: Throwable) {
        // A StackOverflowError is what deeply nested payloads end in.
        throw UndecodablePayloadException(
            "cannot decode the ${payload.size} bytes of job ${job.id} of entrypoint '${job.entrypoint}': " +
                e.safeToString(),
            e,
        )
    }
}
