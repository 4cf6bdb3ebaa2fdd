package io.pgqueuer.cli.torture.record

import io.pgqueuer.FailureRecord
import io.pgqueuer.JobStatus
import kotlin.time.Instant

/**
 * A row of the log.
 *
 * @property failure the exception that was recorded: its type and its message; null if none was.
 */
internal class LogRow(
    val id: Long,
    val jobId: Long,
    val created: Instant,
    val status: JobStatus,
    val entrypoint: String,
    val failure: Failure?,
) {
    /** See [FailureRecord]. */
    data class Failure(
        val type: String,
        val message: String,
    )

    override fun toString(): String = listOf(
        id,
        jobId,
        created,
        status.label,
        entrypoint,
        failure?.run { "$type: $message" }.orEmpty(),
    ).joinToString("\t")
}
