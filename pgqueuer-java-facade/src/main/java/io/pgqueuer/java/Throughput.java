package io.pgqueuer.java;

/**
 * How many jobs of one entrypoint came to one status within a window of time.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface Throughput {
    /** The entrypoint. */
    String entrypoint();

    /** The status. */
    JobStatus status();

    /** How often jobs came to it. */
    long count();

    /** Whether there was too much to count, so that the count is an estimate from a sample. */
    boolean isEstimate();
}
