package io.pgqueuer.java;

import java.time.Duration;

/**
 * How many jobs of one entrypoint, status and priority the queue holds.
 *
 * @param entrypoint the entrypoint.
 * @param status the status.
 * @param priority the priority.
 * @param count how many.
 * @param age how long ago the oldest of them was enqueued.
 * @param overdue of queued jobs, how long the one that is due for longest has been due: what an alarm should watch.
 *     Zero where none is due, and for other statuses.
 */
public record QueueSize(
        String entrypoint, JobStatus status, int priority, long count, Duration age, Duration overdue) {}
