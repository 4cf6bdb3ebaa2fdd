package io.pgqueuer

import kotlin.time.Instant

/**
 * A stored schedule: a name, and the cron expression by which its handler runs.
 *
 * @property name the name under which its handler is registered; the `entrypoint` of its row.
 * @property expression the cron expression, normalised.
 * @property status [JobStatus.QUEUED] while it waits for its time, [JobStatus.PICKED] while a worker runs it.
 * @property nextRun when it is due next, by the store's clock.
 * @property lastRun when its last run ended; null before the first.
 * @property heartbeat when its lease was last renewed; has a meaning only while it is picked.
 * @property leaseEpoch is larger at each claim, as [Lease.epoch] is; the fence of the current run.
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

/** The id of a schedule: its primary key in the schedules table. */
@JvmInline
public value class ScheduleId(
    public val value: Long,
) : Comparable<ScheduleId> {
    override fun compareTo(other: ScheduleId): Int = value.compareTo(other.value)

    override fun toString(): String = value.toString()
}

/** What the handler of a schedule knows about its run. */
@PgQueuerDsl
public interface ScheduleContext : HandlerContext {
    /** The schedule, as it was claimed. Its `nextRun` is already the time after this run. */
    public val schedule: Schedule

    /**
     * The due time that this run is for. For a run that was taken over from a dead worker, the time of the takeover.
     */
    public val dueAt: Instant

    /** Is larger at each run of the schedule. Use it to fence writes that the store cannot fence. */
    public val leaseEpoch: Long
        get() = schedule.leaseEpoch
}
