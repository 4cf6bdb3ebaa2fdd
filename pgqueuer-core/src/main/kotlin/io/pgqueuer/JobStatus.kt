package io.pgqueuer

/**
 * Where a job stands. Rows of the queue are [QUEUED], [PICKED] or [HELD]; the log knows them all.
 *
 * The order and the lower-case [label]s are those of the database's `pgqueuer_status` type.
 */
public enum class JobStatus {
    /** Waits to be claimed, now or once it is due. */
    QUEUED,

    /** Claimed by a worker that holds its lease. */
    PICKED,

    /** Ended well. */
    SUCCESSFUL,

    /** Ended by an error that was not retried. */
    EXCEPTION,

    /** Canceled before it ended. */
    CANCELED,

    /** Removed by clearing its entrypoint. */
    DELETED,

    /** Held after an error, until it is requeued. */
    HELD,
    ;

    /** The label of this status in the database. A held job's is `failed`. */
    public val label: String = if (name == "HELD") "failed" else name.lowercase()

    /** Whether a job of this status has ended: nothing changes it any more. */
    public val isTerminal: Boolean
        get() = when (this) {
            SUCCESSFUL, EXCEPTION, CANCELED, DELETED -> true
            QUEUED, PICKED, HELD -> false
        }

    public companion object {
        private val byLabel = entries.associateBy(JobStatus::label)

        /**
         * Returns the status with the database label [label].
         *
         * @throws IllegalArgumentException if there is none.
         */
        public fun ofLabel(label: String): JobStatus =
            requireNotNull(byLabel[label]) { "unknown job status '$label', known: ${byLabel.keys}" }
    }
}
