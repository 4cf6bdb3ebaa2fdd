package io.pgqueuer

/**
 * What a worker did in one run, counted when the store confirmed it.
 *
 * @property leasesLost runs whose outcome was refused because the lease was gone.
 * @property schedulesRun runs of schedules that ended well.
 * @property schedulesFailed runs of schedules whose handler threw.
 * @property canceled running jobs that were canceled from outside.
 */
public data class RunReport(
    val succeeded: Long,
    val failed: Long,
    val held: Long,
    val retried: Long,
    val released: Long,
    val canceled: Long,
    val leasesLost: Long,
    val schedulesRun: Long,
    val schedulesFailed: Long,
)
