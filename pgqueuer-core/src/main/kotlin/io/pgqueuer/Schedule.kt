package io.pgqueuer

import io.pgqueuer.cron.StoredZone
import kotlin.time.Instant

/**
 * A stored schedule: a name, and the cron expression by which its handler runs.
 *
 * @property name the name under which its handler is registered; the `entrypoint` of its row.
 * @property expression the cron expression, normalised.
 * @property zone the name of the time zone in which the expression is evaluated, such as `UTC` or `Europe/Berlin`: that of
 * the worker that registered the schedule last. `UTC` if only Python workers registered it.
 * @property status [JobStatus.QUEUED] while it waits for its time, [JobStatus.PICKED] while a worker runs it.
 * @property pausedSince since when it is paused; null if it is not. See [Schedules.pause].
 * @property nextRun when it is due next, by the store's clock; null while it is paused.
 * @property lastRun when its last run ended; null before the first.
 * @property heartbeat when its lease was last renewed; has a meaning only while it is picked.
 * @property leaseEpoch is larger at each claim, as [Lease.epoch] is; the fence of the current run.
 */
public data class Schedule(
    val id: ScheduleId,
    val name: String,
    val expression: String,
    val zone: String,
    val status: JobStatus,
    val pausedSince: Instant?,
    val nextRun: Instant?,
    val lastRun: Instant?,
    val created: Instant,
    val updated: Instant,
    val heartbeat: Instant,
    val leaseEpoch: Long,
) {
    /**
     * Returns the first time after [instant] at which the stored expression is due in the stored zone, whether or not the
     * schedule is paused. Returns null if this library cannot read the expression, which Python may have stored, or does
     * not know the zone.
     */
    public fun nextAfter(instant: Instant): Instant? {
        val known = StoredZone.parse(zone) ?: return null
        val cron = try {
            CronExpression.parse(expression)
        } catch (_: IllegalArgumentException) {
            return null
        }
        return cron.nextAfter(instant, known)
    }
}

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
