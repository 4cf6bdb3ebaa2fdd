package io.pgqueuer

/** The schedules of a queue. Workers store theirs when they start; see [WorkerBuilder.schedule]. */
public interface Schedules {
    /** Returns all schedules, by name and expression. */
    public suspend fun list(): List<Schedule>

    /**
     * Removes schedules, whatever their status. A worker that serves one of them stores it anew when it starts.
     *
     * @return those of [ids] that were there.
     */
    public suspend fun remove(ids: Collection<ScheduleId>): Set<ScheduleId>
}
