package io.pgqueuer.cli.demo

import io.pgqueuer.JobId
import java.nio.file.Path
import kotlin.time.Duration

/**
 * What a job wrote about a file.
 *
 * @property facts null where the file could not be read any more.
 * @property attempt which run of the job wrote it.
 * @property waited from the enqueue, or of a retry from when it was due, to the claim; by the database's clock.
 */
internal data class FileRow(
    val jobId: JobId,
    val uri: String,
    val facts: FileFacts?,
    val attempt: Int,
    val waited: Duration,
)

/** The name of a file in one line of text, whatever stands in it. */
internal fun shown(file: Path): String = buildString {
    for (char in file.toString()) {
        if (char.isISOControl()) append("\\u%04x".format(char.code)) else append(char)
    }
}
