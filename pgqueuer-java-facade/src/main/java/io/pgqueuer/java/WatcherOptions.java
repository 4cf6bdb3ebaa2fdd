package io.pgqueuer.java;

import java.time.Duration;

/**
 * The options of a {@link CompletionWatcher}: how it looks for the ends of jobs.
 *
 * <p>Each method sets one option and returns this object. Options can be set only until the watcher is made; after
 * that, each method throws {@link IllegalStateException}. A value that is out of its bounds throws
 * {@link IllegalArgumentException}.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface WatcherOptions {
    /** Sets how often the watcher looks even if no notification arrives; more than 0, default 5 s. */
    WatcherOptions safetyPoll(Duration safetyPoll);

    /**
     * Sets whether a wait also ends when its job is held, with {@link JobStatus#HELD}; default true. Otherwise, it goes
     * on until the job is requeued and ends, or is dismissed or cleared.
     */
    WatcherOptions endOnHeld(boolean endOnHeld);

    /**
     * Sets the shortest time between two looks, however many notifications arrive; more than 0, default 50 ms.
     */
    WatcherOptions coalesce(Duration coalesce);
}
