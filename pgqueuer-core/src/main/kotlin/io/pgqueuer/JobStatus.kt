package io.pgqueuer

/**
 * The status of a job. A job in the queue is [QUEUED], [PICKED] or [HELD]; the log has all of them.
 *
 * The order and the lower-case [label]s are those of the database's `pgqueuer_status` type.
 */
public enum class JobStatus {
    /** Waits to be claimed, now or once it is due. */
    QUEUED,

    /** Claimed by a worker that holds its lease. */
    PICKED,

    /** Ended: its handler succeeded. */
    SUCCESSFUL,

    /** Ended: it failed for good and was deleted. */
    EXCEPTION,

    /** Ended: it was canceled. */
    CANCELED,

    /** Ended: it was deleted because its entrypoint was cleared, or because it was held and dismissed. */
    DELETED,

    /** Failed for good, and kept in the queue until it is requeued, dismissed or cleared. */
    HELD,
    ;

    /** The label of this status in the database. The label of [HELD] is `failed`. */
    public val label: String = if (name == "HELD") "failed" else name.lowercase()

    /** Whether a job of this status has ended, so that nothing changes it any more. */
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
