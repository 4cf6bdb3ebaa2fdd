package io.pgqueuer.port

import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleId
import io.pgqueuer.Schedules
import io.pgqueuer.StoreUnavailableException
import kotlin.time.Duration
import kotlin.time.Instant

/**
 * The schedules, as one store keeps them: one row for each pair of name and expression.
 *
 * Each operation takes effect as a whole or not at all and decides by the store's clock. Each throws
 * [StoreUnavailableException] when the store cannot be reached.
 */
@PgQueuerSpi
public interface ScheduleRepository : Schedules {
    /**
     * Stores those of [targets] that are not there yet, to run first at their next time from now. Of those that wait
     * for a time to come, the next time is set anew, as their zone may have changed; one that is overdue stays so.
     *
     * Where [ScheduleTarget.cleanOld] is set, schedules of the same name with an expression that is not among [targets]
     * are removed, but for those whose run is under way with a heartbeat younger than [leaseTimeout].
     */
    public suspend fun register(targets: List<ScheduleTarget>, leaseTimeout: Duration)

    /**
     * Leases those of [targets] that are due, and those whose lease is older than [leaseTimeout]: the run is taken
     * over. Of each the next time is set from now, so that a schedule that missed several runs once.
     */
    public suspend fun claim(targets: List<ScheduleTarget>, leaseTimeout: Duration): ScheduleBatch

    /** Renews the lease; false if it is gone. */
    public suspend fun renew(lease: ScheduleLease): Boolean

    /** Ends the run under [lease]: the schedule waits for its next time. False, and no change, if the lease is gone. */
    public suspend fun complete(lease: ScheduleLease): Boolean

    /**
     * Gives the run under [lease] back unfinished: the schedule is due at once, and other workers are told. False, and
     * no change, if the lease is gone.
     */
    public suspend fun release(lease: ScheduleLease): Boolean
}

/**
 * One schedule that a worker serves.
 *
 * @property expression the cron expression, normalised.
 * @property cleanOld whether its registration removes other expressions of the same name.
 * @property nextAfter tells the first time to run after a moment.
 */
@PgQueuerSpi
public class ScheduleTarget(
    public val name: String,
    public val expression: String,
    public val cleanOld: Boolean,
    public val nextAfter: (Instant) -> Instant,
)

/**
 * What a claim of schedules found.
 *
 * @property runs those that it leased.
 * @property nextDue how long until the next of its targets is due or the first lease on them expires; zero when one is
 * due that could not be leased, null when none of them is stored.
 */
@PgQueuerSpi
public class ScheduleBatch(
    public val runs: List<ClaimedSchedule>,
    public val nextDue: Duration?,
)

/**
 * A run of a [schedule] together with the [lease] under which it was claimed.
 *
 * @property dueAt the time that the run is for: before the claim it was the schedule's `nextRun`; of a run that was taken
 * over, when that happened.
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
 * @property epoch grows by one with each claim of the schedule.
 */
@PgQueuerSpi
public data class ScheduleLease(
    val scheduleId: ScheduleId,
    val epoch: Long,
)
