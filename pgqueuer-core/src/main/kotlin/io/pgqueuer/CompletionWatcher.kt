package io.pgqueuer

import io.pgqueuer.domain.JobId
import io.pgqueuer.domain.JobStatus
import io.pgqueuer.domain.LogLevel
import io.pgqueuer.engine.CompletionQueries
import io.pgqueuer.port.Backend
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.select
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Waits for jobs to end, wherever they run.
 *
 * ```
 * CompletionWatcher(backend, scope).use { watcher ->
 *     val id = backend.queue.enqueue("resize", image)
 *     withTimeout(1.minutes) { watcher.awaitCompletion(id) }
 * }
 * ```
 *
 * Share one among all who wait: their jobs are looked up in one query, at once when something ended, at most once each
 * [coalesce], and each [safetyPoll] though nothing was heard. From its first wait until it is closed or [scope] ends it
 * listens, which on PostgreSQL takes a connection; while nobody waits it asks for nothing.
 *
 * A job ends as `successful`, `exception`, `canceled` or `deleted`. A held job has not ended: its waiters wait until it
 * is requeued and ends, or is cleared. What a job's end is told by is its log: of a job that never was, or whose log was
 * pruned (see [RunOptions.logRetention]), nothing is ever heard. Use `withTimeout` where that may be.
 *
 * @param scope where it listens and asks; a `coroutineScope` ends only once the watcher is closed.
 * @param safetyPoll default 5 s.
 * @param coalesce default 50 ms.
 * @throws IllegalArgumentException if [safetyPoll] or [coalesce] is not positive.
 */
public class CompletionWatcher(
    private val backend: Backend,
    private val scope: CoroutineScope,
    safetyPoll: Duration = 5.seconds,
    coalesce: Duration = 50.milliseconds,
) : AutoCloseable {
    private val queries = CompletionQueries(backend.insights, backend.notifications, safetyPoll, coalesce)
    private var asking: Job? = null
    private var closed = false

    @Synchronized
    private fun ensureAsking() {
        if (closed || asking != null) return
        asking = scope.launch(backend.runtime(scope.coroutineContext).engine) { queries.run() }.apply {
            invokeOnCompletion { queries.close(it) }
        }
    }

    /**
     * Suspends until the job [id] has ended, and returns how.
     *
     * @throws IllegalStateException if the watcher is closed, or its scope ends, before that; or if the queue's log level
     * is [LogLevel.FAILURES], unless the job is known to have failed.
     */
    public suspend fun awaitCompletion(id: JobId): JobStatus {
        ensureAsking()
        return queries.await(id)
    }

    /** Suspends until all of [ids] have ended, and returns how. Else as [awaitCompletion]. */
    public suspend fun awaitAll(ids: Collection<JobId>): Map<JobId, JobStatus> = coroutineScope {
        ids.toSet().map { async { it to awaitCompletion(it) } }.awaitAll().toMap()
    }

    /**
     * Suspends until the first of [ids] has ended, and returns it and how. Else as [awaitCompletion].
     *
     * @throws IllegalArgumentException if [ids] is empty.
     */
    public suspend fun awaitFirst(ids: Collection<JobId>): Pair<JobId, JobStatus> {
        require(ids.isNotEmpty()) { "ids must not be empty: there is nothing to wait for" }
        return coroutineScope {
            val waiting = ids.toSet().map { async { it to awaitCompletion(it) } }
            select { waiting.forEach { one -> one.onAwait { it } } }.also { waiting.forEach { it.cancel() } }
        }
    }

    /** Ends the watch; who still waits gets an [IllegalStateException]. */
    override fun close() {
        queries.close(null)
        synchronized(this) {
            closed = true
            asking
        }?.cancel()
    }
}
