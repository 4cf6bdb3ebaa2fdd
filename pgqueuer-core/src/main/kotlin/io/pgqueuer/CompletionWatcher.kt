package io.pgqueuer

import kotlinx.coroutines.flow.Flow
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Waits for jobs to end, wherever they run. Made by [Backend.completionWatcher].
 *
 * ```
 * backend.completionWatcher(scope).use { watcher ->
 *     val id = backend.queue.enqueue("resize", image)
 *     withTimeout(1.minutes) { watcher.awaitCompletion(id) }
 * }
 * ```
 *
 * Share one among all who wait: their jobs are looked up in one query. It looks as soon as a notification says that
 * something ended, at most once every [WatcherOptions.coalesce], and every [WatcherOptions.safetyPoll] even without a
 * notification. It listens from its first wait until it is closed or its scope ends. While nobody waits it asks for
 * nothing.
 *
 * A job ends as `successful`, `exception`, `canceled` or `deleted`. A wait also ends when the job is held, as jobs that
 * fail for good are by default; see [WatcherOptions.endOnHeld]. The log tells how a job ended: for a job that never
 * existed, or whose log was pruned before (see [RunOptions.logRetention]), the wait never ends. Use `withTimeout` if that
 * can happen.
 */
public interface CompletionWatcher : AutoCloseable {
    /**
     * Suspends until the job [id] has ended, and returns how.
     *
     * @throws JobGoneException if the job disappears without an end. A job counts as gone only if this watcher has seen
     * it before, or the log has: a job whose enqueue is not committed yet is waited for.
     * @throws IllegalStateException if the watcher is closed, or its scope ends, before that; or if the queue's log level
     * is [LogLevel.FAILURES], unless the job is known to have failed.
     */
    public suspend fun awaitCompletion(id: JobId): JobStatus

    /**
     * Returns the statuses of the job [id] as the watcher sees them: the present one first, then each change. The flow
     * ends after the status that [awaitCompletion] would return.
     *
     * A status that lasts for less than the time between two looks can be missed, except for the last one. A claim sends
     * no notification: `picked` is seen within [WatcherOptions.safetyPoll].
     *
     * The flow fails in the same cases as [awaitCompletion]. Each collection watches anew.
     */
    public fun statuses(id: JobId): Flow<JobStatus>

    /** Suspends until all of [ids] have ended, and returns how. Otherwise behaves like [awaitCompletion]. */
    public suspend fun awaitAll(ids: Collection<JobId>): Map<JobId, JobStatus>

    /**
     * Suspends until the first of [ids] has ended, and returns it and how. Otherwise behaves like [awaitCompletion].
     *
     * @throws IllegalArgumentException if [ids] is empty.
     */
    public suspend fun awaitFirst(ids: Collection<JobId>): Pair<JobId, JobStatus>

    /** Ends the watch. Whoever still waits gets an [IllegalStateException]. */
    override fun close()
}

/** How a [CompletionWatcher] looks for the ends of jobs. */
public class WatcherOptions internal constructor() : Options() {
    /** How often it looks even if no notification arrives; default 5 s. */
    public var safetyPoll: Duration by option(5.seconds, "> 0") { it.isPositive() }

    /**
     * Whether a wait also ends when its job is held, with [JobStatus.HELD]; default true. Otherwise, it goes on until the
     * job is requeued and ends, or is dismissed or cleared.
     */
    public var endOnHeld: Boolean by option(true)

    /** It looks at most once in this time, however many notifications arrive; default 50 ms. */
    public var coalesce: Duration by option(50.milliseconds, "> 0") { it.isPositive() }
}
