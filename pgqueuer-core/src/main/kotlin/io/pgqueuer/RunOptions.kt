package io.pgqueuer

import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/**
 * How a worker runs.
 *
 * @property mode until when; default [RunMode.CONTINUOUS].
 * @property batchSize the most jobs that one claim leases; at least 1. Null (default) lets it follow the load: from 10,
 * it grows to 500 while claims are filled and handlers are quick, and shrinks again when they are slow.
 * @property maxConcurrentTasks the most handlers that run at once in this worker; at least 1. Null (default) means
 * [DEFAULT_MAX_CONCURRENT_TASKS], or, if the worker has a blocking handler, as many as have a thread. A worker never claims
 * more than it can soon run, so that the other jobs are there for other workers.
 * @property prefetch how many jobs beyond [maxConcurrentTasks] the worker may hold ready; default 0, so that a slow
 * handler keeps no job from other workers.
 * @property dequeueTimeout how long an idle worker waits before it looks at the queue though nothing told it to; at
 * least 1 ms, default 30 s.
 * @property heartbeatTimeout a lease that was not renewed for so long has expired, and another worker may take the job;
 * renewed at a third of it. At least 100 ms, default 30 s. All workers of a queue should agree on it.
 * @property maxRescues a job whose lease expires under it so often is held as `failed`; at least 1, default 3.
 * @property shutdownTimeout how long handlers may go on after a shutdown was asked for before they are cancelled and
 * their jobs given back; default 30 s. The run returns at most 15 s after that, whatever the store and the handlers do.
 * @property shutdownOnListenerFailure whether the worker shuts down when its notifications break, instead of
 * reconnecting and polling meanwhile; default false.
 * @property logAggregationInterval how often the log is counted into the statistics, while this worker writes to it; at
 * least 1 s, default 30 s, 0 for never. Of several workers one counts at a time.
 * @property logRetention log entries older than it are deleted, once they are counted and their job has left the queue;
 * at least 1 minute, null (default) to keep them for ever. A completion can be awaited only as long as its entry is kept.
 * @property vacuumEvery the queue is vacuumed after so many jobs that ended in this worker, in the background, so that
 * claims need not pass what these left behind; at least 1,000, default 100,000, 0 for never. It takes the owner of the
 * table, or from PostgreSQL 17 the privilege `MAINTAIN`; without it, autovacuum is left to do it.
 * @property handlerContext where handlers run, in place of the backend's choice.
 * @throws IllegalArgumentException if a value is out of its bounds.
 */
public data class RunOptions(
    val mode: RunMode = RunMode.CONTINUOUS,
    val batchSize: Int? = null,
    val maxConcurrentTasks: Int? = null,
    val prefetch: Int = 0,
    val dequeueTimeout: Duration = 30.seconds,
    val heartbeatTimeout: Duration = 30.seconds,
    val maxRescues: Int = 3,
    val shutdownTimeout: Duration = 30.seconds,
    val shutdownOnListenerFailure: Boolean = false,
    val handlerContext: CoroutineContext? = null,
    val logAggregationInterval: Duration = 30.seconds,
    val logRetention: Duration? = null,
    val vacuumEvery: Int = 100_000,
) {
    init {
        require(batchSize == null || batchSize >= 1) {
            "batchSize must be >= 1, or null to follow the load, was $batchSize"
        }
        require(maxConcurrentTasks == null || maxConcurrentTasks >= 1) {
            "maxConcurrentTasks must be >= 1, or null for the default, was $maxConcurrentTasks"
        }
        require(prefetch >= 0) { "prefetch must be >= 0, was $prefetch" }
        require(dequeueTimeout >= 1.milliseconds) { "dequeueTimeout must be >= 1ms, was $dequeueTimeout" }
        require(heartbeatTimeout >= MIN_HEARTBEAT_TIMEOUT && heartbeatTimeout.isFinite()) {
            "heartbeatTimeout must be >= $MIN_HEARTBEAT_TIMEOUT and finite, was $heartbeatTimeout"
        }
        require(maxRescues >= 1) { "maxRescues must be >= 1, was $maxRescues" }
        require(!shutdownTimeout.isNegative()) { "shutdownTimeout must be >= 0, was $shutdownTimeout" }
        require(logAggregationInterval == Duration.ZERO || logAggregationInterval >= 1.seconds) {
            "logAggregationInterval must be 0 (never) or >= 1s, was $logAggregationInterval"
        }
        require(logRetention == null || logRetention >= 1.minutes) {
            "logRetention must be >= 1m, or null to keep the log, was $logRetention"
        }
        require(logRetention == null || logAggregationInterval > Duration.ZERO) {
            "logRetention needs a logAggregationInterval > 0: only what is counted is deleted"
        }
        require(vacuumEvery == 0 || vacuumEvery >= MIN_VACUUM_EVERY) {
            "vacuumEvery must be 0 (never) or >= $MIN_VACUUM_EVERY jobs, was $vacuumEvery"
        }
    }

    /** How long a claim or a write may take: after the lease timeout nobody needs its answer. */
    internal val storeTimeout: Duration get() = maxOf(heartbeatTimeout, 1.seconds)

    public companion object {
        /** How many handlers run at once in a worker whose handlers all suspend. */
        public const val DEFAULT_MAX_CONCURRENT_TASKS: Int = 1_000

        private val MIN_HEARTBEAT_TIMEOUT = 100.milliseconds
        private const val MIN_VACUUM_EVERY = 1_000
    }
}
