package io.pgqueuer.java;

/**
 * What a worker did in one run, counted when the store confirmed it.
 *
 * @param succeeded jobs that ended well.
 * @param failed jobs that failed for good and were deleted.
 * @param held jobs that failed for good and were held.
 * @param retried runs after which the job was queued again.
 * @param released jobs that were given back unfinished.
 * @param canceled running jobs that were canceled from outside.
 * @param leasesLost runs whose outcome was refused because the lease was gone.
 * @param schedulesRun runs of schedules that ended well.
 * @param schedulesFailed runs of schedules whose handler threw.
 */
public record RunReport(
        long succeeded,
        long failed,
        long held,
        long retried,
        long released,
        long canceled,
        long leasesLost,
        long schedulesRun,
        long schedulesFailed) {}
