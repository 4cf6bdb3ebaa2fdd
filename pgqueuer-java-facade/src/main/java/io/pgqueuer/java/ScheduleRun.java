package io.pgqueuer.java;

import java.time.Instant;

/** One run of a schedule, as its handler sees it. Implemented by this library; more methods may come. */
public interface ScheduleRun {
    /** The schedule, as it was claimed: its next run is the time after this one. */
    Schedule schedule();

    /** The time that this run is for; of a run that was taken over from a crashed worker, when that happened. */
    Instant dueAt();

    /** Grows with each run of the schedule: fences writes to places that the store cannot fence. */
    default long leaseEpoch() {
        return schedule().leaseEpoch();
    }

    /** Takes follow-up jobs. */
    JobQueue queue();
}
