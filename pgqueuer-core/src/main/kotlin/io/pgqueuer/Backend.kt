package io.pgqueuer

import kotlinx.coroutines.CoroutineScope
import kotlin.reflect.KClass
import kotlin.time.Duration

/**
 * A queue in one store. An adapter creates it: `postgresBackend(…)` or `inMemoryBackend()`.
 *
 * Share one backend among all producers and workers of a process. Close it when they have ended: that closes the
 * connections that it opened.
 */
public interface Backend : AutoCloseable {
    /** For producers: enqueue, cancel, requeue, consume. */
    public val queue: JobQueue

    /** For monitoring: what the queue and its log contain. */
    public val insights: Insights

    /** The schedules that workers have registered. */
    public val schedules: Schedules

    /** Installs, upgrades and checks the queue's objects in the store. */
    public val schema: SchemaManager

    /** The options that this backend was created with. */
    public val options: BackendOptions

    /**
     * Makes a worker. It does nothing until [Worker.run] is called.
     *
     * ```
     * val worker = backend.worker {
     *     entrypoint("fetch") { job -> … }
     *     entrypoint("mail", { concurrencyLimit = 5; timeout = 30.seconds }) { job -> … }
     *     schedule("nightly", "0 2 * * *") { queue.enqueue("report") }
     * }
     * worker.run()
     * ```
     *
     * @throws IllegalArgumentException if a registration is invalid; see [WorkerBuilder].
     */
    public fun worker(configure: WorkerBuilder.() -> Unit): Worker

    /**
     * Creates a watcher that waits for jobs to end, in whatever process they run.
     *
     * @param scope where it listens and asks. A `coroutineScope` ends only after the watcher is closed.
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    public fun completionWatcher(scope: CoroutineScope, configure: WatcherOptions.() -> Unit = {}): CompletionWatcher

    /**
     * Creates a reader of the state of the queue, which all who show it share: metrics, dashboards, health checks.
     *
     * @param scope where it reads. A `coroutineScope` ends only after the reader is closed.
     * @param interval how long a reading is used; at least 100 ms, default 10 s.
     * @throws IllegalArgumentException if [interval] is shorter or not finite.
     */
    public fun snapshotReader(
        scope: CoroutineScope,
        interval: Duration = SnapshotReader.DEFAULT_INTERVAL,
    ): SnapshotReader

    /**
     * Returns a feature that this backend or its store has beyond this interface, or null:
     * `capability(JdbcQueue::class)`.
     *
     * Ask for a capability instead of casting the backend: a backend that decorates another one passes the question on.
     */
    public fun <T : Any> capability(type: KClass<T>): T?

    override fun close()
}
