package io.pgqueuer.java;

/**
 * What a worker did in one run. Each number counts what the store confirmed.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface RunReport {
    /** Jobs that ended well. */
    long succeeded();

    /** Jobs that failed for good and were deleted. */
    long failed();

    /** Jobs that failed for good and are held. */
    long held();

    /** Runs that failed and whose job was queued again. */
    long retried();

    /** Runs that were given back unfinished. */
    long released();

    /** Running jobs that were canceled from outside. */
    long canceled();

    /** Runs whose outcome was refused because the lease was gone. */
    long leasesLost();

    /** Runs of schedules that ended well. */
    long schedulesRun();

    /** Runs of schedules whose handler failed. */
    long schedulesFailed();
}
