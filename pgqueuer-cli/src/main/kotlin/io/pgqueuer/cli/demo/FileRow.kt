package io.pgqueuer.cli.demo

import io.pgqueuer.JobId
import java.nio.file.Path
import kotlin.time.Duration

/**
 * What a job wrote about a file.
 *
 * @property facts null if the file could not be read.
 * @property attempt which run of the job wrote the row.
 * @property waited from the enqueue (for a retry, from when it was due) to the claim, by the clock of the database.
 */
internal data class FileRow(
    val jobId: JobId,
    val uri: String,
    val facts: FileFacts?,
    val attempt: Int,
    val waited: Duration,
)

/** Returns the name of [file] in one line of text, whatever characters it has. */
internal fun shown(file: Path): String = buildString {
    for (char in file.toString()) {
        if (char.isISOControl()) append("\\u%04x".format(char.code)) else append(char)
    }
}
