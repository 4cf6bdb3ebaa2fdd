package io.pgqueuer.engine.producing

import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.engine.calls.forEachBatch
import io.pgqueuer.port.JobRepository
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** Stores jobs of concurrent callers in batches. Jobs that arrive while a batch is being stored form the next one. */
internal class EnqueueBuffer(
    private val jobs: JobRepository,
    scope: CoroutineScope,
    private val maxBatch: Int,
) {
    init {
        require(maxBatch >= 1) { "maxBatch must be >= 1, was $maxBatch" }
    }

    private class Entry(
        val job: NewJob,
    ) {
        /** The id, or null if the dedupe key was taken. */
        val stored = CompletableDeferred<JobId?>()
    }

    private val entries = Channel<Entry>(Channel.UNLIMITED) { unheard ->
        unheard.stored.completeExceptionally(closed())
    }

    init {
        scope.launch { storeAll() }.invokeOnCompletion { entries.cancel() }
    }

    suspend fun enqueue(job: NewJob, onConflict: OnConflict): JobId? {
        val entry = Entry(job)
        if (entries.trySend(entry).isFailure) throw closed()
        val id = try {
            entry.stored.await()
        } catch (e: CancellationException) {
            // The job is left out, unless its statement has already been sent.
            entry.stored.cancel()
            throw e
        }
        if (id == null && onConflict == OnConflict.RAISE) throw DuplicateJobException(listOfNotNull(job.dedupeKey))
        return id
    }

    fun close() {
        entries.close()
    }

    private suspend fun storeAll() = entries.forEachBatch(maxBatch) { batch ->
        val wanted = batch.filter { it.stored.isActive }
        // Callers must receive the result of a statement that was sent.
        if (wanted.isNotEmpty()) withContext(NonCancellable) { store(wanted) }
        currentCoroutineContext().ensureActive()
    }

    private suspend fun store(batch: List<Entry>) {
        try {
            val ids = jobs.enqueue(batch.map(Entry::job), OnConflict.SKIP)
            batch.forEachIndexed { index, entry -> entry.stored.complete(ids[index]) }
        } catch (e: Exception) {
            // If the store refuses one job, the others must still be stored.
            if (batch.size > 1 && e !is StoreUnavailableException) return batch.forEach { store(listOf(it)) }
            batch.forEach { it.stored.completeExceptionally(e) }
        }
    }

    private fun closed() = IllegalStateException("the producer is closed, or its scope has ended")
}
