package io.pgqueuer.port

import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleId
import io.pgqueuer.Schedules
import io.pgqueuer.StoreUnavailableException
import kotlin.time.Duration
import kotlin.time.Instant

/**
 * The schedules in a store: one row for each pair of name and expression.
 *
 * Each operation takes effect as a whole or not at all, and uses the store's clock. Each throws
 * [StoreUnavailableException] if the store cannot be reached.
 */
@PgQueuerSpi
public interface ScheduleRepository : Schedules {
    /**
     * Stores those of [targets] that do not exist yet. They run first at their next time from now. Existing ones get the
     * zone of their target, and their next time is computed again, except if they are overdue. Paused ones stay paused.
     *
     * If [ScheduleTarget.cleanOld] is set, schedules of the same name with an expression that is not among [targets]
     * are removed, except those that are running with a heartbeat younger than [leaseTimeout].
     */
    public suspend fun register(targets: List<ScheduleTarget>, leaseTimeout: Duration)

    /**
     * Leases those of [targets] that are due, and takes over those whose heartbeat is older than [leaseTimeout], except
     * paused ones. The next time of each is computed from now in its stored zone, so a schedule that missed several times
     * runs once.
     */
    public suspend fun claim(targets: List<ScheduleTarget>, leaseTimeout: Duration): ScheduleBatch

    /** Renews the lease, and returns false if it is gone. */
    public suspend fun renew(lease: ScheduleLease): Boolean

    /**
     * Ends the run under [lease]; the schedule waits for its next time, or for the end of its pause. If the next time has
     * passed already, other workers are notified. Returns false and changes nothing if the lease is gone.
     */
    public suspend fun complete(lease: ScheduleLease): Boolean

    /**
     * Gives the run under [lease] back unfinished: the schedule is due at once unless it is paused, and other workers are
     * notified. Returns false and changes nothing if the lease is gone.
     */
    public suspend fun release(lease: ScheduleLease): Boolean
}

/**
 * One schedule that a worker serves.
 *
 * @property expression the cron expression, normalised.
 * @property zone the name of the zone that its registration stores.
 * @property cleanOld whether its registration removes other expressions of the same name.
 * @property nextAfter returns the first due time after a moment, in the zone of a name.
 */
@PgQueuerSpi
public class ScheduleTarget(
    public val name: String,
    public val expression: String,
    public val zone: String,
    public val cleanOld: Boolean,
    public val nextAfter: (Instant, zone: String) -> Instant,
)

/**
 * What a claim of schedules found.
 *
 * @property runs the runs that it leased.
 * @property nextDue how long until the next of its targets may be due: until its next time, also while it runs, or
 * until its lease expires; zero if one is due but could not be leased, null if none of them is stored and not paused.
 */
@PgQueuerSpi
public class ScheduleBatch(
    public val runs: List<ClaimedSchedule>,
    public val nextDue: Duration?,
)

/**
 * A run of a [schedule] together with the [lease] under which it was claimed.
 *
 * @property dueAt the due time that the run is for: the schedule's `nextRun` before the claim. For a run that was taken
 * over, the time of the takeover.
 */
@PgQueuerSpi
public class ClaimedSchedule(
    public val schedule: Schedule,
    public val lease: ScheduleLease,
    public val dueAt: Instant,
)

/**
 * A worker's right to one run of a schedule, from a claim until the run is over or its heartbeat expires.
 *
 * @property epoch is larger by one at each claim of the schedule.
 */
@PgQueuerSpi
public data class ScheduleLease(
    val scheduleId: ScheduleId,
    val epoch: Long,
)
