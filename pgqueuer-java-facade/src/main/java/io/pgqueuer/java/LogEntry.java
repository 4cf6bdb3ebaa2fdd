package io.pgqueuer.java;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One step in the life of a job. The newest entry of a job tells its last status.
 *
 * @param id the entry's own id.
 * @param jobId the job's id.
 * @param created when the step was taken.
 * @param status what the job came to.
 * @param priority the job's priority.
 * @param entrypoint the job's entrypoint.
 * @param failure what the step was caused by; null where that was no failure.
 */
public record LogEntry(
        long id,
        long jobId,
        Instant created,
        JobStatus status,
        int priority,
        String entrypoint,
        @Nullable FailureRecord failure) {}
