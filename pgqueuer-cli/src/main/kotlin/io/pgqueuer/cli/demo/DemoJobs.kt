package io.pgqueuer.cli.demo

import io.pgqueuer.Backend
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RetryRequested
import io.pgqueuer.Worker
import io.pgqueuer.jobType
import kotlinx.serialization.Serializable
import java.io.IOException
import java.net.URI
import java.nio.file.Path
import kotlin.time.Duration.Companion.milliseconds

/**
 * One file to read.
 *
 * @property uri the file. Not a path: a URI keeps the bytes of the name as they are, whatever the locale is.
 * @property failsFirst whether the first attempt must fail, to show a retry.
 */
@Serializable
internal data class FileJob(
    val uri: String,
    val failsFirst: Boolean,
)

internal val FILE = jobType<FileJob>("demo.file")

/** A job that never succeeds, to show a hold. */
internal const val HELD = "demo.held"

/** The last job, which the demo waits for. */
internal const val AWAITED = "demo.awaited"

internal val DEMO_ENTRYPOINTS = setOf(FILE.entrypoint, HELD, AWAITED)

/** A schedule that runs every second. */
internal const val PULSE = "demo.pulse"

/** Makes a worker that reads files, writes what it finds to [table], and calls [onPulse] every second. */
internal fun demoWorker(backend: Backend, table: FileTable, onPulse: () -> Unit): Worker = backend.worker {
    schedule(PULSE, "* * * * * *") { onPulse() }
    entrypoint(AWAITED) { }
    entrypoint(FILE) { file ->
        if (file.failsFirst && attempt == 1) throw RetryRequested(RETRY_AFTER, "the demo lets this attempt fail")
        val facts = try {
            Result.success(FileFacts.of(Path.of(URI(file.uri))))
        } catch (e: IOException) {
            Result.failure(e)
        }
        table.write(FileRow(job.id, file.uri, facts.getOrNull(), attempt, waited = job.updated - job.runAt))
    }
    entrypoint(HELD, {
        retry = RetryPolicy.NONE
        onFailure = OnFailure.HOLD
    }) { error("the demo lets this job fail for good") }
}

private val RETRY_AFTER = 100.milliseconds
