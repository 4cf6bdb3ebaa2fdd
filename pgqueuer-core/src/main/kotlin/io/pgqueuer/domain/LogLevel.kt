package io.pgqueuer.domain

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
        JobStatus.EXCEPTION, JobStatus.CANCELED, JobStatus.DELETED, JobStatus.FAILED -> true
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
