package io.pgqueuer

import kotlinx.coroutines.CoroutineScope
import kotlin.reflect.KClass

/**
 * A queue in one store, made by an adapter: `postgresBackend(…)` or `inMemoryBackend()`.
 *
 * Share one among all producers and workers of a process. Close it when they have ended: it closes the connections that
 * it opened.
 */
public interface Backend : AutoCloseable {
    /** For producers: enqueue, cancel, requeue, consume. */
    public val queue: JobQueue

    /** For observers: what the queue and its log hold. */
    public val insights: Insights

    /** The schedules that workers have registered. */
    public val schedules: Schedules

    /** Installs, upgrades and checks the queue's objects in the store. */
    public val schema: SchemaManager

    /** What this backend was made with. */
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
     * Makes a watcher that waits for jobs to end, wherever they run.
     *
     * @param scope where it listens and asks. A `coroutineScope` ends only once the watcher is closed.
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    public fun completionWatcher(scope: CoroutineScope, configure: WatcherOptions.() -> Unit = {}): CompletionWatcher

    /**
     * Makes a queue that joins the jobs which many coroutines enqueue one by one at the same time.
     *
     * @param scope where its statements run. When it ends, those who wait get an [IllegalStateException], except for
     * those whose statement is on its way.
     * @param maxBatch the most jobs in one statement; at least 1, default 1,000.
     * @throws IllegalArgumentException if [maxBatch] is less than 1.
     */
    public fun coalescingQueue(scope: CoroutineScope, maxBatch: Int = 1_000): CoalescingQueue

    /**
     * Returns what this backend or its store can do beyond this interface, if it can: `capability(JdbcQueue::class)`.
     *
     * Ask for a capability instead of casting the backend: a backend that decorates another one passes the question on.
     */
    public fun <T : Any> capability(type: KClass<T>): T?

    override fun close()
}
