package io.pgqueuer

import io.pgqueuer.engine.running.run
import io.pgqueuer.engine.threads.Cancellations
import io.pgqueuer.engine.threads.cancellations

/**
 * What is agreed on a queue, for all who use it. It is kept with the queue, in the store.
 *
 * @property durability what survives a crash of the database server; default [Durability.DURABLE].
 * @property logLevel what the log keeps; default [LogLevel.FULL].
 * @property notifications whether an enqueue wakes idle workers, and an end who waits for it; default true. Without it,
 * commits of many producers do not wait for each other, and jobs are found when workers look: each
 * [dequeueTimeout][io.pgqueuer.RunOptions.dequeueTimeout]. Cancellations, retries and requeues are told of in any case.
 */
public data class QueueProperties(
    val durability: Durability = Durability.DURABLE,
    val logLevel: LogLevel = LogLevel.FULL,
    val notifications: Boolean = true,
)

/** What of the queue survives a crash of the database server. */
public enum class Durability {
    /** Nothing: all tables are unlogged. */
    VOLATILE,

    /** Jobs and schedules; the log and the statistics are unlogged. */
    BALANCED,

    /** Everything. The default. */
    DURABLE,
    ;

    /** The name on the command line. */
    public val label: String = name.lowercase()
}

/**
 * Which changes of its jobs a queue logs. Each level costs less than the one before it, and takes something away.
 *
 * It is a property of the queue, not of a worker: all workers and producers of this library follow it, from their next
 * statement on. Python's write the full log, whatever it says.
 */
public enum class LogLevel {
    /** Every change, which is what Python PgQueuer writes. The default. */
    FULL,

    /**
     * Ends, holds and retries. The log of a job does not tell when it was enqueued and claimed: there are no run times,
     * and throughput counts no `queued` and no `picked`.
     */
    TERMINAL,

    /**
     * What did not succeed: failures, holds, retries, cancellations and deletions. Beyond what [TERMINAL] takes away,
     * throughput counts no successes, and as nothing tells of them, completions cannot be awaited: it is refused.
     */
    FAILURES,
    ;

    /** As stores and command lines have it. */
    public val label: String = name.lowercase()

    /** Whether it keeps an entry of [status], which tells of a failure or not. */
    public fun keeps(status: JobStatus, ofFailure: Boolean): Boolean = when (status) {
        JobStatus.QUEUED, JobStatus.PICKED -> this == FULL || ofFailure
        JobStatus.SUCCESSFUL -> this != FAILURES
        JobStatus.EXCEPTION, JobStatus.CANCELED, JobStatus.DELETED, JobStatus.HELD -> true
    }

    public companion object {
        /**
         * Returns the level with the label [label].
         *
         * @throws IllegalArgumentException if there is none.
         */
        public fun ofLabel(label: String): LogLevel = requireNotNull(entries.find { it.label == label }) {
            "unknown log level '$label', known: ${entries.joinToString { it.label }}"
        }
    }
}
