package io.pgqueuer.java;

import java.time.Instant;

/**
 * The run of a schedule, as its handler sees it.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface ScheduleContext {
    /** The schedule, as it was claimed: its {@link Schedule#nextRun()} is the time after this one. */
    Schedule schedule();

    /** The time that this run is for. For a run that was taken over from a crashed worker: when it was taken over. */
    Instant dueAt();

    /** Grows with each run of the schedule. Use it to fence writes to other systems. */
    long leaseEpoch();

    /** Returns the queue, for follow-up jobs. */
    JobQueue queue();
}
