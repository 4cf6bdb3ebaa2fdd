package io.pgqueuer.examples

import io.pgqueuer.Backend
import io.pgqueuer.CompletionWatcher
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Worker
import kotlinx.coroutines.withTimeout
import kotlin.time.Duration.Companion.minutes

/** Where handlers store their results, by the id of the job. In a real application this is a table. */
interface Results {
    suspend fun put(id: JobId, result: String)

    suspend fun get(id: JobId): String
}

fun shoutWorker(backend: Backend, results: Results): Worker = backend.worker {
    entrypoint("shout") { results.put(job.id, checkNotNull(it.payloadText).uppercase()) }
}

/** Enqueues a job and waits for its result, whichever process runs it. Share one [watcher] among all who wait. */
suspend fun shout(text: String, backend: Backend, watcher: CompletionWatcher, results: Results): String {
    val id = backend.queue.enqueue("shout", text)
    return when (val status = withTimeout(1.minutes) { watcher.awaitCompletion(id) }) {
        JobStatus.SUCCESSFUL -> results.get(id)
        else -> error("job $id ended as ${status.label}")
    }
}
