package io.pgqueuer.java;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * One step in the life of a job. The newest entry of a job tells its last status.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface LogEntry {
    /** The id of the entry. */
    long id();

    /** The job's id. */
    long jobId();

    /** When the step was taken. */
    Instant created();

    /** The status that the job then had. */
    JobStatus status();

    /** The job's priority. */
    int priority();

    /** The job's entrypoint. */
    String entrypoint();

    /** The failure that caused the step; empty if none did. */
    Optional<FailureRecord> failure();

    /**
     * The worker that claimed the job. Empty for all steps but claims, and for claims of Python workers and of older
     * versions.
     */
    Optional<UUID> workerId();

    /** The epoch of the lease that the claim gave; empty if {@link #workerId()} is. */
    OptionalLong leaseEpoch();
}
