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
     * run at the moment or are paused are left as they are.
     *
     * @return those of [ids] that this call made due.
     */
    public suspend fun runNow(ids: Collection<ScheduleId>): Set<ScheduleId>

    /**
     * Pauses schedules: no worker starts a run of them until somebody calls [resume]. Pauses outlive workers and restarts,
     * and have no end of their own.
     *
     * - A run that is under way goes on and ends as usual. A claim that began before this call returns may still start one.
     * - A run whose worker died is not taken over before the schedule is resumed.
     * - Python workers start no run either, except that they take over the run of a worker that died. That makes the
     *   schedule due again for Python workers; pause it again.
     * - A pause belongs to one expression. A new expression under the same name is a new schedule, which is not paused.
     *
     * A schedule that is paused already stays paused since the same time. In PostgreSQL, this and [resume] join a
     * transaction of the caller's.
     *
     * @return those of [ids] that exist. All of them are paused now.
     */
    public suspend fun pause(ids: Collection<ScheduleId>): Set<ScheduleId>

    /**
     * Ends the pause of schedules, and notifies workers. Their next time is computed from now: times that passed while they
     * were paused are not made up for. A schedule whose expression or zone this library cannot read is due at once.
     *
     * @return those of [ids] that were paused.
     */
    public suspend fun resume(ids: Collection<ScheduleId>): Set<ScheduleId>
}
