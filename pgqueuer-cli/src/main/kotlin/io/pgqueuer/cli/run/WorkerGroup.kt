package io.pgqueuer.cli.run

import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.Worker
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope

/** Runs [workers] until all have ended. If one fails, the others are stopped. */
internal class WorkerGroup(
    private val workers: List<Worker>,
) {
    /**
     * Returns the sum of what the workers did.
     *
     * @throws Exception what the first failed worker threw, once the others have ended.
     */
    suspend fun run(options: RunOptions): RunReport {
        val results = coroutineScope {
            // Undispatched: all run before the first signal is received, so that they can be told to stop.
            workers.map { worker ->
                async(start = CoroutineStart.UNDISPATCHED) {
                    runCatching { worker.run(options) }.onFailure { shutdown() }
                }
            }.awaitAll()
        }
        results.firstNotNullOfOrNull { it.exceptionOrNull() }?.let { throw it }
        return results.map { it.getOrThrow() }.reduce(RunReport::plus)
    }

    /** Asks all workers to stop; a second call skips the wait for their handlers. */
    fun shutdown() {
        workers.forEach(Worker::shutdown)
    }
}
