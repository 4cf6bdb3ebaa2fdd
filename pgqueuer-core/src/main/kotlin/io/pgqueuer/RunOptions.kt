package io.pgqueuer

import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** How a worker runs: `worker.run { batchSize = 100 }`. */
public class RunOptions internal constructor() : Options() {
    /** When the run ends; default [RunMode.CONTINUOUS]. */
    public var mode: RunMode by option(RunMode.CONTINUOUS)

    /**
     * The most jobs that one claim leases; at least 1. Null (default) lets it follow the load: it starts at 10, grows
     * to 500 while claims are filled and handlers are quick, and shrinks again when they are slow.
     */
    public var batchSize: Int? by option(null, ">= 1, or null to follow the load") { it == null || it >= 1 }

    /**
     * The most handlers that run at once in this worker; at least 1. Null (default) means
     * [DEFAULT_MAX_CONCURRENT_TASKS]. If the worker has a blocking handler, it means the number of handlers that have a
     * thread: 256 with virtual threads, 64 otherwise.
     *
     * A worker never claims more than it can soon run, so that other workers can take the other jobs. If this is null and
     * the handlers are blocking and so quick that claims cannot keep up with them, the worker holds up to 500 jobs more.
     * Those that wait there for 1 s are given back. This does not apply if an entrypoint has a concurrency limit.
     */
    public var maxConcurrentTasks: Int? by option(null, ">= 1, or null for the default") { it == null || it >= 1 }

    /**
     * How many jobs the worker may claim ahead, beyond [maxConcurrentTasks]; default 0, so that a slow handler does not
     * keep jobs from other workers.
     */
    public var prefetch: Int by option(0, ">= 0") { it >= 0 }

    /** How often an idle worker polls the queue if no notification arrives; at least 1 ms, default 30 s. */
    public var dequeueTimeout: Duration by option(30.seconds, ">= 1ms") { it >= 1.milliseconds }

    /**
     * Whether the worker listens for notifications; default true. With false, it polls every [dequeueTimeout], and learns
     * at the next renewal of a lease that a job was canceled. Use that where notifications do not arrive, as behind a
     * pooler in transaction mode. [Worker.listenerHealthy] then only checks claims and renewals.
     */
    public var listen: Boolean by option(true)

    /**
     * The lease timeout: a lease expires if it is not renewed within this time, and another worker may then take the
     * job. Leases are renewed at a third of it. If that fails, the handlers are cancelled a tenth of it, at most 1 s,
     * before their leases expire. At least 100 ms, default 30 s. All workers of a queue should agree on it.
     */
    public var heartbeatTimeout: Duration by option(30.seconds, ">= 100ms and finite") {
        it >= 100.milliseconds && it.isFinite()
    }

    /** A job whose lease expires this often in a row is held; at least 1, default 3. */
    public var maxRescues: Int by option(3, ">= 1") { it >= 1 }

    /**
     * How long handlers may run on after a shutdown, before they are cancelled and their jobs given back; default 30 s.
     * The run returns at most 15 s after that, whatever the store and the handlers do.
     */
    public var shutdownTimeout: Duration by option(30.seconds, ">= 0") { !it.isNegative() }

    /**
     * Whether the worker shuts down when its notifications fail; default false: it reconnects, and polls in the
     * meantime.
     */
    public var shutdownOnListenerFailure: Boolean by option(false)

    /**
     * Whether the worker starts again when its run fails; default false. The store may be out of reach at the start, or
     * its tables may be missing until a migration has run.
     *
     * The worker waits for 1 s, and twice as long after each further failure, at most 30 s. A failure after five minutes
     * or more counts as the first one. Each failure is logged as an error, and is an event: [WorkerEvent.RunFailed].
     *
     * What waiting cannot repair still ends the run: the backend is closed, or the worker cannot run as it is configured
     * ([IllegalArgumentException], [IllegalStateException]).
     */
    public var restartOnFailure: Boolean by option(false)

    /**
     * Added to the context in which handlers run, for example a dispatcher; without a `Job`. Null (default) leaves it
     * to the backend.
     */
    public var handlerContext: CoroutineContext? by option(null)

    /**
     * How often the log is counted into the statistics while this worker writes to it; at least 1 s, default 30 s, null
     * for never. It is also counted at the end of a run, for at most 2 s. Only one worker counts at a time.
     */
    public var logAggregationInterval: Duration? by option(30.seconds, ">= 1s, or null for never") {
        it == null || it >= 1.seconds
    }

    /**
     * Log entries older than this are deleted while the worker runs and at the end of its run, once they are counted and
     * their job has left the queue; at least 1 minute. Null (default) keeps them for ever. The end of a job can be awaited only as long as its entry is kept.
     */
    public var logRetention: Duration? by option(null, ">= 1m, or null to keep the log") {
        it == null || it >= 1.minutes
    }

    /**
     * The queue is vacuumed in the background each time this many jobs have ended in this worker, so that claims do not
     * have to pass dead rows; at least 1,000, default 100,000, null for never.
     *
     * The database user must own the table or, from PostgreSQL 17, have the privilege `MAINTAIN`. Otherwise this is
     * left to autovacuum.
     */
    public var vacuumEvery: Int? by option(100_000, ">= 1000 jobs, or null for never") { it == null || it >= 1_000 }

    /**
     * At which severity a failed run whose job is retried is written to the application's log, with the exception;
     * default [Severity.WARN].
     */
    public var retrySeverity: Severity by option(Severity.WARN)

    /**
     * At which severity a job that failed for good is written to the application's log, with the exception; default
     * [Severity.ERROR].
     */
    public var failureSeverity: Severity by option(Severity.ERROR)

    override fun check() {
        require(logRetention == null || logAggregationInterval != null) {
            "logRetention needs a logAggregationInterval: only log entries that are counted are deleted"
        }
        require(listen || !shutdownOnListenerFailure) {
            "shutdownOnListenerFailure needs listen: a worker that does not listen has no listener that can fail"
        }
    }

    /**
     * Returns a copy of these options with the changes that [configure] makes.
     *
     * @throws IllegalArgumentException if an option is then out of its bounds.
     */
    public fun with(configure: RunOptions.() -> Unit): RunOptions = RunOptions().copyOf(this).configured(configure)

    /** How long a claim or a write may take: after the lease timeout nobody needs its answer. */
    internal val storeTimeout: Duration get() = maxOf(heartbeatTimeout, 1.seconds)

    public companion object {
        /** How many handlers run at once in a worker whose handlers all suspend. */
        public const val DEFAULT_MAX_CONCURRENT_TASKS: Int = 1_000

        /** The defaults. */
        public val DEFAULT: RunOptions = RunOptions {}
    }
}

/**
 * Makes the options of a run.
 *
 * @throws IllegalArgumentException if an option is out of its bounds.
 */
public fun RunOptions(configure: RunOptions.() -> Unit): RunOptions = RunOptions().configured(configure)

/** When a run of a worker ends. */
public enum class RunMode {
    /** When it is cancelled or shut down. */
    CONTINUOUS,

    /**
     * When no job of its entrypoints is queued and every handler of this worker has ended.
     *
     * Jobs that are not due yet count as queued: the worker waits for them. It also waits for jobs that will be retried:
     * with the default [RetryPolicy], a job that keeps failing takes about half an hour. Jobs that other workers run do
     * not count.
     */
    DRAIN,
}
