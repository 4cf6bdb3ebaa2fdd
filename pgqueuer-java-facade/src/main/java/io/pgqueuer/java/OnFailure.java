package io.pgqueuer.java;

/** What becomes of a job that failed for good. In both cases its log keeps the failure's record. */
public enum OnFailure {
    /** The job is deleted, and its payload is lost. */
    DELETE,

    /** The job is held: it stays in the queue until it is requeued or dismissed by hand. */
    HOLD
}
