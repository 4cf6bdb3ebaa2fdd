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

    /**
     * Makes schedules due now, and notifies workers. After that run, a schedule goes on with its next time. Schedules that
     * run at the moment are left as they are.
     *
     * @return those of [ids] that this call made due.
     */
    public suspend fun runNow(ids: Collection<ScheduleId>): Set<ScheduleId>
}
