package io.pgqueuer.engine.producing

import io.pgqueuer.Backend
import io.pgqueuer.BackendOptions
import io.pgqueuer.CoalescingQueue
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.port.Store
import kotlinx.coroutines.CoroutineScope

/** The queue of a store that joins the jobs which its callers enqueue one by one. */
internal class StoreCoalescingQueue(
    backend: Backend,
    private val store: Store,
    options: BackendOptions,
    scope: CoroutineScope,
    maxBatch: Int,
) : StoreQueue(backend, store, options),
    CoalescingQueue {
    private val buffer = EnqueueBuffer(store.jobs, scope, maxBatch)

    override suspend fun store(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> {
        val alone = jobs.singleOrNull()
        if (alone == null || store.jobs.inCallersTransaction()) return super.store(jobs, onConflict)
        return listOf(buffer.enqueue(alone, onConflict))
    }

    override fun close() {
        buffer.close()
    }
}
