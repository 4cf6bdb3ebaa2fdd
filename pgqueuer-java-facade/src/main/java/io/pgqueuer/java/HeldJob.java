package io.pgqueuer.java;

import java.util.Optional;

/** A job with the status {@link JobStatus#HELD}. Implemented by this library only; methods may be added. */
public interface HeldJob {
    /** The job, without its payload. */
    StoredJob job();

    /** Why it is held; empty if the log entry was pruned. */
    Optional<FailureRecord> failure();
}
