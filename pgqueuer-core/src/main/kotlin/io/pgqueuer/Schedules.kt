package io.pgqueuer

/** The stored schedules of a queue. Workers store their schedules when they start; see [WorkerBuilder.schedule]. */
public interface Schedules {
    /** Returns all schedules, by name and expression. */
    public suspend fun list(): List<Schedule>

    /**
     * Removes schedules, whatever their status. A worker that registers one of them stores it again when it starts.
     *
     * @return those of [ids] that existed.
     */
    public suspend fun remove(ids: Collection<ScheduleId>): Set<ScheduleId>
}
