package io.pgqueuer

import kotlinx.coroutines.flow.Flow

/**
 * The queue, for producers and operators: enqueue, cancel, requeue, dismiss and clear jobs, pause and resume
 * entrypoints, or [consume] jobs as a flow.
 *
 * Can be used by many coroutines at once. Each call throws [StoreUnavailableException] if the store cannot be reached.
 * A call that is cancelled may or may not have taken effect.
 *
 * In PostgreSQL, calls that enqueue a few jobs at the same time share a statement, a commit and a notification. Each
 * returns after the commit, and fails only for its own jobs. A call waits for another one only while that one is on its
 * way, and 1 s at most; if it is cancelled before its turn, it has stored nothing. Calls with more than 10 jobs, 64 KiB
 * of payload or a dedupe key, and calls in a transaction of the caller's, do not share.
 */
public interface JobQueue {
    /** The backend that this queue belongs to. */
    public val backend: Backend

    /**
     * Stores one job, and returns its id once it is committed.
     *
     * ```
     * queue.enqueue("fetch", payload) { priority = 5; delay = 10.minutes; dedupeKey = "fetch:42" }
     * ```
     *
     * @param configure sets options; see [NewJob].
     * @throws IllegalArgumentException if a value is out of its bounds; nothing is stored.
     * @throws DuplicateJobException if the dedupe key is taken by a queued or running job; nothing is stored.
     */
    public suspend fun enqueue(
        entrypoint: String,
        payload: ByteArray? = null,
        configure: NewJob.() -> Unit = {},
    ): JobId = enqueue(NewJob(entrypoint, payload, configure))

    /**
     * Stores one job whose payload is [text] in UTF-8.
     *
     * Otherwise behaves like the overload with bytes.
     */
    public suspend fun enqueue(entrypoint: String, text: String, configure: NewJob.() -> Unit = {}): JobId =
        enqueue(NewJob(entrypoint, text, configure))

    /**
     * Stores one job of a [type], with [value] encoded by the type's codec.
     *
     * Otherwise behaves like the untyped overload.
     */
    public suspend fun <T> enqueue(type: JobType<T>, value: T, configure: NewJob.() -> Unit = {}): JobId =
        enqueue(type.newJob(value, configure))

    /**
     * Stores [job], and returns its id once it is committed.
     *
     * @throws DuplicateJobException if the dedupe key is taken by a queued or running job; nothing is stored.
     */
    public suspend fun enqueue(job: NewJob): JobId =
        checkNotNull(enqueue(job, OnConflict.RAISE)) { "an enqueue that raises on conflict left its job out" }

    /**
     * Stores [job], and returns its id once it is committed; null if [OnConflict.SKIP] left it out.
     *
     * @throws DuplicateJobException with [OnConflict.RAISE], if the dedupe key is taken by a queued or running job.
     */
    public suspend fun enqueue(job: NewJob, onConflict: OnConflict): JobId? =
        enqueueAll(listOf(job), onConflict).single()

    /**
     * Stores [jobs] in one transaction, and returns their ids in the order of the input.
     *
     * @throws DuplicateJobException if a dedupe key is taken by a queued or running job, or appears twice in the batch;
     * nothing is stored.
     */
    public suspend fun enqueueAll(jobs: List<NewJob>): List<JobId> = enqueueAll(jobs, OnConflict.RAISE).map {
        checkNotNull(it) { "an enqueue that raises on conflict left a job out" }
    }

    /**
     * Stores [jobs] in one transaction.
     *
     * @return ids in the order of the input; null for each job that [OnConflict.SKIP] left out.
     * @throws DuplicateJobException with [OnConflict.RAISE], as the other overload does.
     */
    public suspend fun enqueueAll(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?>

    /**
     * Cancels jobs. Held and ended jobs are left as they are.
     *
     * - A queued job is deleted and logged `canceled`.
     * - A running job keeps its row, its slot and its dedupe key until its handler has ended. Its worker, in whatever
     *   process, cancels the handler: at once if the notification arrives, otherwise at the next renewal of the lease
     *   (a third of [RunOptions.heartbeatTimeout]). Then the job is deleted and logged `canceled`, even if the handler
     *   ignored its cancellation and succeeded. If the worker is dead, that happens after the lease has expired, and
     *   the job does not run again.
     *
     * To know when a running job has ended, await its completion.
     *
     * @return the jobs that this call canceled, or asked their workers to cancel.
     */
    public suspend fun cancel(ids: Collection<JobId>): Set<JobId>

    /**
     * Queues held jobs again: due now, with their attempts at 0.
     *
     * @return those of [ids] that were held.
     * @throws DuplicateJobException if an active job has taken the dedupe key of one of them; nothing is changed.
     */
    public suspend fun requeue(ids: Collection<JobId>): Set<JobId>

    /**
     * Makes queued jobs due now that wait for their time, after a delay or between two attempts. Their priority, their
     * attempts and their place among jobs of the same priority stay as they are. If their entrypoint is paused, they
     * still wait for the end of the pause.
     *
     * @return those of [ids] that were queued and not yet due.
     */
    public suspend fun runNow(ids: Collection<JobId>): Set<JobId>

    /**
     * Deletes held jobs that nobody will requeue, and logs each as `deleted`. Jobs that are not held are left as they
     * are.
     *
     * @return those of [ids] that were held.
     */
    public suspend fun dismiss(ids: Collection<JobId>): Set<JobId>

    /**
     * Returns held jobs with their failures, by id: at most [limit] (default 100), those with ids above [after], of
     * [entrypoint] or, if it is null (default), of all. [Insights.heldCounts] counts them.
     */
    public suspend fun heldJobs(limit: Int = 100, after: JobId? = null, entrypoint: String? = null): List<HeldJob>

    /**
     * Deletes every job of [entrypoint], whatever its status, and logs each as `deleted`. Running handlers go on, but
     * their outcome is refused.
     *
     * @return how many jobs were deleted.
     */
    public suspend fun clear(entrypoint: String): Long

    /**
     * Pauses [entrypoint]: no worker starts a job of it until somebody calls [resume], or until the end that [options]
     * set. Pauses outlive workers and restarts.
     *
     * ```
     * queue.pause("mail") { duration = 2.hours; reason = "the provider is down" }
     * ```
     *
     * - Jobs that run go on, with their leases and outcomes. A claim that began before this call returns may still start
     *   jobs.
     * - Jobs can be enqueued, canceled, requeued and dismissed. Retries and jobs of dead workers wait.
     * - A worker that drains the queue leaves the jobs of paused entrypoints, and ends.
     * - Schedules are not affected; [Schedules.pause] pauses them. Python's workers do not know pauses and go on.
     *
     * If [entrypoint] is paused already, the new options replace those of its pause. In PostgreSQL, this and the calls to
     * resume join a transaction of the caller's.
     *
     * @throws IllegalArgumentException if the entrypoint or an option is out of its bounds; nothing is changed.
     */
    public suspend fun pause(entrypoint: String, options: PauseOptions.() -> Unit = {}): Pause

    /**
     * Ends the pause of [entrypoint], and wakes idle workers. If the whole queue is paused, its jobs still wait.
     *
     * @return whether it was paused.
     */
    public suspend fun resume(entrypoint: String): Boolean

    /** Pauses all entrypoints, also those that have no jobs yet. Otherwise behaves like [pause]. */
    public suspend fun pauseQueue(options: PauseOptions.() -> Unit = {}): Pause

    /**
     * Ends the pause of the whole queue, and wakes idle workers. Pauses of single entrypoints stay.
     *
     * @return whether the whole queue was paused.
     */
    public suspend fun resumeQueue(): Boolean

    /**
     * Delivers the jobs of [entrypoint], one at a time: the next one comes once the last one is acknowledged or given
     * back.
     *
     * ```
     * queue.consume("orders").collect { delivery -> ship(delivery.job); delivery.ack() }
     * ```
     *
     * Each collector works the queue like a worker of its own; several share it. Delivery is at-least-once. However a
     * collection ends (normally, as by `first()` and `take(n)`, by cancellation, by a timeout or by an exception of the
     * collector), its unanswered delivery is given back before the collection returns. That job is delivered again at
     * once, with its attempts unchanged.
     *
     * @param options how the worker behind it runs. [RunMode.DRAIN] ends the flow once the queue is empty. It always
     * runs one job at a time and claims none ahead.
     */
    public fun consume(entrypoint: String, options: RunOptions.() -> Unit = {}): Flow<Delivery>

    /**
     * Passes [jobs] through the backend's interceptors, checks them, and has [store] store what comes of them. For
     * adapters that store jobs in other ways, such as on a connection of the caller's.
     *
     * @param store stores the jobs and returns their ids in the same order. It is not called without jobs.
     * @throws IllegalArgumentException if a payload is larger than [BackendOptions.maxPayloadBytes].
     */
    @PgQueuerSpi
    public fun enqueueBy(jobs: List<NewJob>, store: (List<NewJob>) -> List<JobId?>): List<JobId?>
}

/** What an enqueue does if the dedupe key of a job is taken by an active job, or by an earlier job of the batch. */
public enum class OnConflict {
    /** Throws [DuplicateJobException] and stores nothing of the batch. */
    RAISE,

    /** Leaves that job out. In a batch, the first job with a key is stored. */
    SKIP,

    /**
     * Leaves that job out, gives the active job its priority if that is higher, and returns the id of the active job.
     * The priority of a job is never lowered. A running job keeps the new priority for its retries. The same as
     * `update_priority` of Python PgQueuer.
     */
    RAISE_PRIORITY,
}
