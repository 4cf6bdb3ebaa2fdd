package io.pgqueuer

import io.pgqueuer.failures.safeToString

/** Thrown if a payload cannot be decoded. No policy retries it, because the next run would fail too. */
internal class UndecodablePayloadException(
    message: String,
    cause: Throwable?,
) : RuntimeException(message, cause)

/** Decodes the payload of [job] as a value of this type. */
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
        // This says more about the process than about the payload. The next run may succeed.
        throw e
    } catch (e: Throwable) {
        // Deeply nested payloads can end in a StackOverflowError.
        throw UndecodablePayloadException(
            "cannot decode the ${payload.size} bytes of job ${job.id} of entrypoint '${job.entrypoint}': " +
                e.safeToString(),
            e,
        )
    }
}
