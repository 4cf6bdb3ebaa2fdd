package io.pgqueuer.domain

/**
 * A worker's right to one run of a schedule, from a claim until the run is over or its heartbeat expires.
 *
 * @property epoch grows by one with each claim of the schedule.
 */
public data class ScheduleLease(
    val scheduleId: ScheduleId,
    val epoch: Long,
)
