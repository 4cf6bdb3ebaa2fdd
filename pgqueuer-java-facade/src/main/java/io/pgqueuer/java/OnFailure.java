package io.pgqueuer.java;

/** What becomes of a job that failed for good. In both cases its log keeps the failure's record. */
public enum OnFailure {
    /** The job is deleted. */
    DELETE,

    /** The job is held: it stays in the queue until it is {@linkplain JobQueue#requeue(long) requeued} by hand. */
    HOLD
}
