package io.pgqueuer

import io.pgqueuer.domain.Schedule
import kotlin.time.Instant

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
