package io.pgqueuer.java;

/**
 * How often jobs of one entrypoint came to one status within a window of time.
 *
 * @param entrypoint the entrypoint.
 * @param status the status.
 * @param count how often.
 */
public record Throughput(String entrypoint, JobStatus status, long count) {}
