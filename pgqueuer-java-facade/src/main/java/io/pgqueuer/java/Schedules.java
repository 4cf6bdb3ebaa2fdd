package io.pgqueuer.java;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The schedules of a queue. Workers store theirs when they start; see {@link WorkerBuilder#schedule}.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface Schedules {
    /** Returns all schedules, by name and expression. */
    CompletableFuture<List<Schedule>> list();

    /**
     * Removes schedules, whatever their status. A worker that serves one of them stores it anew when it starts.
     *
     * @param ids ids of schedules; see {@link Schedule#id()}.
     * @return those of {@code ids} that were there.
     */
    CompletableFuture<Set<Long>> remove(Collection<Long> ids);

    /**
     * Makes schedules due now, and notifies workers. After that run, a schedule goes on with its next time. Schedules that
     * run at the moment or are paused are left as they are.
     *
     * @param ids ids of schedules; see {@link Schedule#id()}.
     * @return those of {@code ids} that this call made due.
     */
    CompletableFuture<Set<Long>> runNow(Collection<Long> ids);

    /**
     * Pauses schedules: no worker starts a run of them until somebody calls {@link #resume}. Pauses outlive workers and
     * restarts, and have no end of their own.
     *
     * <ul>
     *   <li>A run that is under way goes on and ends as usual. A claim that began before the future completes may still
     *       start one.
     *   <li>A run whose worker died is not taken over before the schedule is resumed.
     *   <li>Python workers start no run either, except that they take over the run of a worker that died. That makes the
     *       schedule due again for Python workers; pause it again.
     *   <li>A pause belongs to one expression. A new expression under the same name is a new schedule, which is not paused.
     * </ul>
     *
     * <p>A schedule that is paused already stays paused since the same time.
     *
     * @param ids ids of schedules; see {@link Schedule#id()}.
     * @return those of {@code ids} that exist. All of them are paused then.
     */
    CompletableFuture<Set<Long>> pause(Collection<Long> ids);

    /**
     * Ends the pause of schedules, and notifies workers. Their next time is computed from now: times that passed while they
     * were paused are not made up for. A schedule whose expression or zone this library cannot read is due at once.
     *
     * @param ids ids of schedules; see {@link Schedule#id()}.
     * @return those of {@code ids} that were paused.
     */
    CompletableFuture<Set<Long>> resume(Collection<Long> ids);
}
