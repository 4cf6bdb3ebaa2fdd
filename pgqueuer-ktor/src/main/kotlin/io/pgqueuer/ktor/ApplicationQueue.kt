package io.pgqueuer.ktor

import io.pgqueuer.Backend
import io.pgqueuer.JobQueue
import io.pgqueuer.ktor.internal.WorkerRun
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * The queue of an application with the plugin [PgQueuer], and its workers: `application.pgQueuer`.
 *
 * @property backend for what the queue does not offer: insights, schedules, the dashboard. Do not close it.
 */
public class ApplicationQueue internal constructor(
    public val backend: Backend,
    private val isOwned: Boolean,
    private val runs: List<WorkerRun>,
) {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default + CoroutineName("pgqueuer"))
    private var jobs: List<Job> = emptyList()

    /** For producers and operators. */
    public val queue: JobQueue get() = backend.queue

    /**
     * Returns whether all workers of this process run and receive notifications within [timeout] (default 5 s); true if it
     * runs none. False while workers stop. For a readiness check: a worker that is not healthy is no reason to kill the
     * process.
     *
     * @throws IllegalArgumentException if [timeout] is not positive.
     */
    public suspend fun isHealthy(timeout: Duration = 5.seconds): Boolean = coroutineScope {
        runs.map { async { it.isHealthy(timeout) } }.awaitAll().all { it }
    }

    internal fun start() {
        jobs = runs.map { scope.launch { it.run() } }
    }

    /** Stops the workers, and returns when they have ended. A worker ends within its own timeouts. */
    internal fun stop() {
        runs.forEach(WorkerRun::stop)
        runBlocking { jobs.joinAll() }
    }

    internal fun close() {
        stop()
        scope.cancel()
        if (isOwned) backend.close()
    }
}
