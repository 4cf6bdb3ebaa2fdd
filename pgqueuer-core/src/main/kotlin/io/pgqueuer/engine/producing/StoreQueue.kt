package io.pgqueuer.engine.producing

import io.pgqueuer.Backend
import io.pgqueuer.BackendOptions
import io.pgqueuer.Delivery
import io.pgqueuer.HeldJob
import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.Pause
import io.pgqueuer.PauseOptions
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.RunOptions
import io.pgqueuer.engine.running.GiveBackException
import io.pgqueuer.port.Store
import io.pgqueuer.requireEntrypoint
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow

/** The queue of a [store]. */
internal class StoreQueue(
    override val backend: Backend,
    private val store: Store,
    private val options: BackendOptions,
) : JobQueue {
    private val callInterceptors = options.extensions.mapNotNull { it.enqueueCallInterceptor }

    override suspend fun enqueueAll(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> =
        intercepted(jobs) { store.jobs.enqueue(it, onConflict) }

    @PgQueuerSpi
    override fun enqueueBy(jobs: List<NewJob>, store: (List<NewJob>) -> List<JobId?>): List<JobId?> =
        intercepted(jobs, store)

    override suspend fun cancel(ids: Collection<JobId>): Set<JobId> =
        if (ids.isEmpty()) emptySet() else store.jobs.cancel(ids)

    override suspend fun requeue(ids: Collection<JobId>): Set<JobId> =
        if (ids.isEmpty()) emptySet() else store.jobs.requeue(ids)

    override suspend fun runNow(ids: Collection<JobId>): Set<JobId> =
        if (ids.isEmpty()) emptySet() else store.jobs.runNow(ids)

    override suspend fun dismiss(ids: Collection<JobId>): Set<JobId> =
        if (ids.isEmpty()) emptySet() else store.jobs.dismiss(ids)

    override suspend fun heldJobs(limit: Int, after: JobId?, entrypoint: String?): List<HeldJob> =
        store.insights.heldJobs(limit, after, entrypoint)

    override suspend fun clear(entrypoint: String): Long = store.jobs.clear(entrypoint)

    override suspend fun pause(entrypoint: String, options: PauseOptions.() -> Unit): Pause =
        store.pauses.pause(requireEntrypoint(entrypoint), PauseOptions(options))

    override suspend fun resume(entrypoint: String): Boolean = store.pauses.resume(requireEntrypoint(entrypoint))

    override suspend fun pauseQueue(options: PauseOptions.() -> Unit): Pause =
        store.pauses.pause(entrypoint = null, PauseOptions(options))

    override suspend fun resumeQueue(): Boolean = store.pauses.resume(entrypoint = null)

    override fun consume(entrypoint: String, options: RunOptions.() -> Unit): Flow<Delivery> {
        val oneByOne = RunOptions(options).with {
            maxConcurrentTasks = 1
            prefetch = 0
            batchSize = 1
        }
        return channelFlow {
            val worker = backend.worker {
                entrypoint(entrypoint) {
                    val delivery = PendingDelivery(this)
                    try {
                        send(delivery)
                    } catch (e: CancellationException) {
                        currentCoroutineContext().ensureActive()
                        throw GiveBackException("nobody received job ${job.id}: ${e.message}")
                    }
                    delivery.awaitAnswer()
                }
            }
            worker.run(oneByOne)
        }.buffer(Channel.RENDEZVOUS)
    }

    /** Inline, so that [store] can suspend if the caller can. */
    private inline fun intercepted(jobs: List<NewJob>, store: (List<NewJob>) -> List<JobId?>): List<JobId?> {
        if (jobs.isEmpty()) return emptyList()
        val changed = changed(jobs)
        if (callInterceptors.isEmpty()) return store(acceptable(changed))
        val calls = BegunCalls()
        val ids = try {
            store(acceptable(calls.begin(callInterceptors, changed)))
        } catch (e: Throwable) {
            calls.failed(e)
            throw e
        }
        calls.stored(ids)
        return ids
    }

    private fun changed(jobs: List<NewJob>): List<NewJob> {
        val interceptors = options.enqueueInterceptors
        if (interceptors.isEmpty()) return jobs
        return jobs.map { job -> interceptors.fold(job) { each, interceptor -> interceptor.intercept(each) } }
    }

    private fun acceptable(jobs: List<NewJob>): List<NewJob> = jobs.onEach(::requireAcceptable)

    private fun requireAcceptable(job: NewJob) {
        val size = job.payload?.size ?: return
        require(size <= options.maxPayloadBytes) {
            "payload of entrypoint '${job.entrypoint}' must be at most ${options.maxPayloadBytes} bytes, was $size; " +
                "store large data elsewhere and enqueue a reference, or raise maxPayloadBytes"
        }
    }
}
