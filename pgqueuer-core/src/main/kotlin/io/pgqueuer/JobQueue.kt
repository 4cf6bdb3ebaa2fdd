package io.pgqueuer

import io.pgqueuer.domain.DuplicateJobException
import io.pgqueuer.domain.HeldJob
import io.pgqueuer.domain.JobId
import io.pgqueuer.domain.NewJob
import io.pgqueuer.domain.OnConflict
import io.pgqueuer.domain.StoreUnavailableException
import io.pgqueuer.port.Backend
import kotlinx.serialization.json.JsonObject
import kotlin.time.Duration

/**
 * What a producer does with the queue: enqueue, cancel, requeue, clear.
 *
 * Safe for use by many coroutines at once. Each call throws [StoreUnavailableException] when the store cannot be
 * reached. When a call is cancelled, its effect may or may not have taken place.
 *
 * @param backend the store.
 * @param maxPayloadBytes payloads above it are refused; default 16 MiB.
 */
public class JobQueue(
    public val backend: Backend,
    public val maxPayloadBytes: Int = DEFAULT_MAX_PAYLOAD_BYTES,
) {
    init {
        require(maxPayloadBytes >= 0) { "maxPayloadBytes must be >= 0, was $maxPayloadBytes" }
    }

    /**
     * Stores one job and returns its id once it is committed. The parameters are those of [NewJob].
     *
     * @throws IllegalArgumentException if a value is out of its bounds; nothing is stored.
     * @throws DuplicateJobException if [dedupeKey] is taken by a queued or picked job.
     */
    public suspend fun enqueue(
        entrypoint: String,
        payload: ByteArray? = null,
        priority: Int = 0,
        executeAfter: Duration = Duration.ZERO,
        dedupeKey: String? = null,
        headers: JsonObject? = null,
    ): JobId = enqueue(NewJob(entrypoint, payload, priority, executeAfter, dedupeKey, headers))

    /** Stores one job of a [type], its [value] encoded by the type's codec. Else as the untyped [enqueue]. */
    public suspend fun <T> enqueue(
        type: JobType<T>,
        value: T,
        priority: Int = 0,
        executeAfter: Duration = Duration.ZERO,
        dedupeKey: String? = null,
        headers: JsonObject? = null,
    ): JobId = enqueue(type.newJob(value, priority, executeAfter, dedupeKey, headers))

    /** Stores [job] and returns its id once it is committed. */
    public suspend fun enqueue(job: NewJob): JobId = enqueueAll(listOf(job)).single()

    /**
     * Stores [jobs] in one transaction and returns their ids in the order of the input.
     *
     * @throws DuplicateJobException if a dedupe key is taken by an active job or twice in the batch; nothing is stored.
     */
    public suspend fun enqueueAll(jobs: List<NewJob>): List<JobId> = enqueueAll(jobs, OnConflict.RAISE).map {
        checkNotNull(it) { "an enqueue that raises on conflict left a job out" }
    }

    /**
     * Stores [jobs] in one transaction.
     *
     * @return ids in the order of the input; null where [OnConflict.SKIP] left a job out.
     * @throws DuplicateJobException as the other overload, with [OnConflict.RAISE].
     */
    public suspend fun enqueueAll(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> {
        requireAcceptable(jobs)
        return if (jobs.isEmpty()) emptyList() else backend.jobs.enqueue(jobs, onConflict)
    }

    /**
     * Cancels jobs: queued and picked ones are deleted and logged `canceled`, and running handlers are cancelled
     * wherever they run. Held and ended jobs are left as they are.
     *
     * @return the jobs that this call canceled.
     */
    public suspend fun cancel(ids: Collection<JobId>): Set<JobId> =
        if (ids.isEmpty()) emptySet() else backend.jobs.cancel(ids)

    /**
     * Queues held jobs again, due now, with their attempts at 0; returns those that were held.
     *
     * @throws DuplicateJobException if an active job has taken the dedupe key of one of them; nothing is changed.
     */
    public suspend fun requeue(ids: Collection<JobId>): Set<JobId> =
        if (ids.isEmpty()) emptySet() else backend.jobs.requeue(ids)

    /** Returns held jobs by id with their failures, at most [limit] (default 100), those above [after]. */
    public suspend fun failedJobs(limit: Int = DEFAULT_PAGE, after: JobId? = null): List<HeldJob> =
        backend.insights.heldJobs(limit, after)

    /**
     * Deletes every job of [entrypoint], whatever its status, and logs each `deleted`. Handlers that run are not told;
     * their outcome is refused.
     *
     * @return how many were deleted.
     */
    public suspend fun clear(entrypoint: String): Long = backend.jobs.clear(setOf(entrypoint))

    /** Deletes every job of every entrypoint, as [clear] of one does. */
    public suspend fun clear(): Long = backend.jobs.clear(null)

    /**
     * Checks what an enqueue checks before it turns to the store.
     *
     * @throws IllegalArgumentException if a payload is larger than [maxPayloadBytes].
     */
    public fun requireAcceptable(jobs: List<NewJob>) {
        for (job in jobs) {
            val size = job.payload?.size ?: continue
            require(size <= maxPayloadBytes) {
                "payload of entrypoint '${job.entrypoint}' must be at most $maxPayloadBytes bytes, was $size; " +
                    "store large data elsewhere and enqueue a reference, or raise maxPayloadBytes"
            }
        }
    }

    public companion object {
        /** 16 MiB. */
        public const val DEFAULT_MAX_PAYLOAD_BYTES: Int = 16 * 1024 * 1024

        private const val DEFAULT_PAGE = 100
    }
}
