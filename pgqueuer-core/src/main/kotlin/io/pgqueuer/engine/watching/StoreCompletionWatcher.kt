package io.pgqueuer.engine.watching

import io.pgqueuer.CompletionWatcher
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.WatcherOptions
import io.pgqueuer.port.Store
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.last
import kotlinx.coroutines.flow.onStart
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.select

/** Waits in [scope] for jobs of a [store] to end. */
internal class StoreCompletionWatcher(
    private val store: Store,
    private val scope: CoroutineScope,
    options: WatcherOptions,
) : CompletionWatcher {
    private val queries = CompletionQueries(store.insights, store.notifications, options)
    private var asking: Job? = null
    private var closed = false

    @Synchronized
    private fun ensureAsking() {
        if (closed || asking != null) return
        asking = scope.launch(store.runtime(scope.coroutineContext).engine) { queries.run() }.apply {
            invokeOnCompletion { queries.close(it) }
        }
    }

    override suspend fun awaitCompletion(id: JobId): JobStatus = statuses(id, everyChange = false).last()

    override fun statuses(id: JobId): Flow<JobStatus> = statuses(id, everyChange = true)

    private fun statuses(id: JobId, everyChange: Boolean): Flow<JobStatus> =
        queries.statuses(id, everyChange).onStart { ensureAsking() }

    override suspend fun awaitAll(ids: Collection<JobId>): Map<JobId, JobStatus> = coroutineScope {
        ids.toSet().map { async { it to awaitCompletion(it) } }.awaitAll().toMap()
    }

    override suspend fun awaitFirst(ids: Collection<JobId>): Pair<JobId, JobStatus> {
        require(ids.isNotEmpty()) { "ids must not be empty: there is nothing to wait for" }
        return coroutineScope {
            val waiting = ids.toSet().map { async { it to awaitCompletion(it) } }
            select { waiting.forEach { one -> one.onAwait { it } } }.also { waiting.forEach { it.cancel() } }
        }
    }

    override fun close() {
        queries.close(null)
        synchronized(this) {
            closed = true
            asking
        }?.cancel()
    }
}
