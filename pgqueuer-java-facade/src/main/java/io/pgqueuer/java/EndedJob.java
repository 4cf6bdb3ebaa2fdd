package io.pgqueuer.java;

/**
 * A job that has ended, and how.
 *
 * @param id the job's id.
 * @param status a {@linkplain JobStatus#isTerminal() terminal} status.
 */
public record EndedJob(long id, JobStatus status) {}
