package io.pgqueuer.java;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The schedules that workers registered. Implemented by this library; more methods may come. */
public interface Schedules {
    /** Reads all schedules, by name and expression. */
    CompletableFuture<List<Schedule>> list();

    /**
     * Removes schedules, whatever their status. A worker's start stores those that it registers anew.
     *
     * @param ids {@code long}s, as in {@link Schedule#id()}.
     * @return those that were there.
     */
    CompletableFuture<Set<Long>> remove(Collection<Long> ids);
}
