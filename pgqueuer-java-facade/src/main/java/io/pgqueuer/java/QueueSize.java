package io.pgqueuer.java;

import java.time.Duration;

/**
 * How many jobs of one entrypoint, status and priority the queue holds.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface QueueSize {
    /** The entrypoint. */
    String entrypoint();

    /** The status. */
    JobStatus status();

    /** The priority. */
    int priority();

    /** How many jobs there are. */
    long count();

    /** How long ago the oldest of them was enqueued. */
    Duration age();

    /**
     * For queued jobs: how long the job that has been due for longest has been due. An alarm should watch it. Zero if
     * no job is due, and for other statuses.
     */
    Duration overdue();
}
