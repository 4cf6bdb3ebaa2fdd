package io.pgqueuer

/**
 * The properties of a queue. They are stored with the queue, and all workers and producers follow them.
 *
 * ```
 * backend.schema.install(QueueProperties { logLevel = LogLevel.TERMINAL })
 * ```
 */
public class QueueProperties internal constructor() : Options() {
    /** What survives a crash of the database server; default [Durability.DURABLE]. */
    public var durability: Durability by option(Durability.DURABLE)

    /** What the log keeps; default [LogLevel.FULL]. */
    public var logLevel: LogLevel by option(LogLevel.FULL)

    /**
     * Whether an enqueue wakes idle workers, and the end of a job wakes those who wait for it; default true.
     *
     * Without notifications, commits of many producers do not wait for each other, and idle workers find jobs by polling
     * every [dequeueTimeout][RunOptions.dequeueTimeout]. Cancellations, retries and requeues always notify.
     */
    public var notifications: Boolean by option(true)

    /** Returns these properties with what [configure] changes. */
    public fun with(configure: QueueProperties.() -> Unit): QueueProperties =
        QueueProperties().copyOf(this).configured(configure)

    public companion object {
        /** The defaults. */
        public val DEFAULT: QueueProperties = QueueProperties {}
    }
}

/** Makes the properties of a queue. */
public fun QueueProperties(configure: QueueProperties.() -> Unit): QueueProperties =
    QueueProperties().configured(configure)

/** What survives a crash of the database server. */
public enum class Durability {
    /** Nothing survives: all tables are unlogged. */
    VOLATILE,

    /** Jobs and schedules survive; the tables of the log and the statistics are unlogged. */
    BALANCED,

    /** Everything survives. The default. */
    DURABLE,
    ;

    /** Its name on the command line. */
    public val label: String = name.lowercase()
}

/**
 * Which changes of jobs are logged. Each level costs less than the one before it, and takes something away.
 *
 * It is a property of the queue, not of a worker. All workers and producers of this library follow it from their next
 * statement on. Those of Python always write the full log.
 */
public enum class LogLevel {
    /** Every change, which is what Python PgQueuer writes. The default. */
    FULL,

    /**
     * Ends, holds and retries. The log does not have when a job was enqueued and claimed, so there are no run times,
     * and throughput does not count `queued` and `picked`.
     */
    TERMINAL,

    /**
     * Failures, holds, retries, cancellations and deletions. In addition to what [TERMINAL] takes away, throughput does
     * not count successes, and completions cannot be awaited: the wait is refused.
     */
    FAILURES,
    ;

    /** Its name in the store and on the command line. */
    public val label: String = name.lowercase()

    /** Whether it keeps an entry with [status], and with the record of a failure if [ofFailure]. */
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
