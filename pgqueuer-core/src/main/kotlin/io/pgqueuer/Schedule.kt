package io.pgqueuer

import kotlin.time.Instant

/**
 * One schedule as the store holds it: a name and the cron expression by which its handler runs.
 *
 * @property name the name that its handler is registered under; the `entrypoint` of its row.
 * @property expression the cron expression, normalised.
 * @property status [JobStatus.QUEUED] while it waits for its time, [JobStatus.PICKED] while a worker runs it.
 * @property nextRun the moment, by the store's clock, from which it may be claimed next.
 * @property lastRun when its last run ended; null before the first.
 * @property heartbeat when the lease on it was last renewed; meaningful while it is picked.
 * @property leaseEpoch grows with each claim, as [Lease.epoch] does; the fence of the current run.
 */
public data class Schedule(
    val id: ScheduleId,
    val name: String,
    val expression: String,
    val status: JobStatus,
    val nextRun: Instant,
    val lastRun: Instant?,
    val created: Instant,
    val updated: Instant,
    val heartbeat: Instant,
    val leaseEpoch: Long,
)

/** The number of a schedule: its primary key in the schedules table. */
@JvmInline
public value class ScheduleId(
    public val value: Long,
) : Comparable<ScheduleId> {
    override fun compareTo(other: ScheduleId): Int = value.compareTo(other.value)

    override fun toString(): String = value.toString()
}

/** What the handler of a schedule knows of the run that it is in. */
@PgQueuerDsl
public interface ScheduleContext : HandlerContext {
    /** The schedule, as it was claimed: its `nextRun` is the time after this one. */
    public val schedule: Schedule

    /** The time that this run is for; of a run that was taken over from a crashed worker, when that happened. */
    public val dueAt: Instant

    /** Grows with each run of the schedule: fences writes to places that the store cannot fence. */
    public val leaseEpoch: Long
        get() = schedule.leaseEpoch
}
