package io.pgqueuer.java;

import org.jspecify.annotations.Nullable;

/**
 * A job that is held as {@link JobStatus#FAILED}.
 *
 * @param job the job, without its payload.
 * @param failure why; null where the log does not tell any more.
 */
public record HeldJob(Job job, @Nullable FailureRecord failure) {}
