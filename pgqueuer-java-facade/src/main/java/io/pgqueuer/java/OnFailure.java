package io.pgqueuer.java;

/** What becomes of a job that failed for good. Either way its log keeps the failure's record. */
public enum OnFailure {
    /** It is deleted. */
    DELETE,

    /** It is kept as {@link JobStatus#FAILED}, for a look and a {@linkplain JobQueue#requeue(long) requeue} by hand. */
    HOLD
}
