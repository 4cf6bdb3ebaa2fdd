package io.pgqueuer.java;

/** The status of a job. Jobs in the queue are queued, picked or held; the log knows all statuses. */
public enum JobStatus {
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

    /** Removed: its entrypoint was cleared, or it was held and dismissed. */
    DELETED,

    /** Held after an error, until it is requeued or dismissed. The label in the database is {@code failed}. */
    HELD;

    /** Returns whether a job of this status has ended: nothing changes it any more. */
    public boolean isTerminal() {
        return switch (this) {
            case SUCCESSFUL, EXCEPTION, CANCELED, DELETED -> true;
            case QUEUED, PICKED, HELD -> false;
        };
    }
}
