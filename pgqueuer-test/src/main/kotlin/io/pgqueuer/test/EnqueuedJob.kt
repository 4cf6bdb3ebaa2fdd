package io.pgqueuer.test

import io.pgqueuer.JobId
import io.pgqueuer.JobType
import io.pgqueuer.NewJob

/** A job as it was enqueued during a test. */
public class EnqueuedJob internal constructor(
    public val id: JobId,
    public val job: NewJob,
) {
    public val entrypoint: String get() = job.entrypoint

    /**
     * Reads the payload as a value of [type].
     *
     * @throws IllegalStateException if there is none.
     */
    public fun <T> valueOf(type: JobType<T>): T =
        type.codec.decode(checkNotNull(job.payload) { "job $id of entrypoint '$entrypoint' has no payload" })

    override fun toString(): String =
        "job $id of entrypoint '$entrypoint'" + (job.payload?.let { " (${it.decodeToString()})" } ?: "")
}
