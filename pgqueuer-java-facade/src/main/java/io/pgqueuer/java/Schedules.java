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
     * run at the moment are left as they are.
     *
     * @param ids ids of schedules; see {@link Schedule#id()}.
     * @return those of {@code ids} that this call made due.
     */
    CompletableFuture<Set<Long>> runNow(Collection<Long> ids);
}
