package io.pgqueuer.examples

import io.pgqueuer.CompletionWatcher
import io.pgqueuer.Worker
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Backend
import kotlinx.coroutines.withTimeout
import kotlin.time.Duration.Companion.minutes

/** Where handlers leave what they made, by the job's id: a table, in earnest. */
interface Results {
    suspend fun put(id: JobId, result: String)

    suspend fun get(id: JobId): String
}

fun shoutWorker(backend: Backend, results: Results): Worker = backend.worker {
    entrypoint("shout") { results.put(job.id, checkNotNull(it.payload).decodeToString().uppercase()) }
}

/** Has a worker do it, wherever that runs, and waits for the result. Share one [watcher] among all who wait. */
suspend fun shout(text: String, backend: Backend, watcher: CompletionWatcher, results: Results): String {
    val id = backend.queue.enqueue("shout", text.encodeToByteArray())
    return when (val status = withTimeout(1.minutes) { watcher.awaitCompletion(id) }) {
        JobStatus.SUCCESSFUL -> results.get(id)
        else -> error("job $id ended as ${status.label}")
    }
}
