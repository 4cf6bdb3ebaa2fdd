package io.pgqueuer.java;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Waits for jobs to end, wherever they run. Made by {@link Backend#completionWatcher()}.
 *
 * <pre>{@code
 * try (var watcher = backend.completionWatcher()) {
 *     long id = backend.queue().enqueue("resize", image).join();
 *     JobStatus end = watcher.awaitCompletion(id).orTimeout(1, MINUTES).join();
 * }
 * }</pre>
 *
 * <p>A job ends as {@code SUCCESSFUL}, {@code EXCEPTION}, {@code CANCELED} or {@code DELETED}. A wait also ends when the
 * job is held, as jobs that fail for good are by default; see {@link WatcherOptions#endOnHeld}. If a job disappears
 * without an end, the wait fails with a {@link io.pgqueuer.JobGoneException}.
 *
 * <p>The log tells how a job ended. For a job that never existed, or whose log was pruned (see
 * {@link RunOptions.Builder#logRetention}), the wait never ends. Use {@link CompletableFuture#orTimeout} if that can
 * happen.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface CompletionWatcher extends AutoCloseable {
    /**
     * Waits for the job {@code id} to end, and returns how.
     *
     * @return fails with an {@link IllegalStateException} if the watcher is closed before that, or if the queue's log
     *     level is {@link LogLevel#FAILURES}, unless the job is known to have failed.
     */
    CompletableFuture<JobStatus> awaitCompletion(long id);

    /**
     * Passes the statuses of the job {@code id} to {@code onStatus} as the watcher sees them: the present one first,
     * then each change. One call at a time; it may block its thread.
     *
     * <p>A status that lasts for less than the time between two looks can be missed, except for the last one. A claim
     * sends no notification: {@code PICKED} is seen within {@link WatcherOptions#safetyPoll}.
     *
     * @return the last status, as {@link #awaitCompletion} returns it. Cancel the future to stop watching. It also fails
     *     with what {@code onStatus} throws.
     */
    CompletableFuture<JobStatus> statuses(long id, Consumer<JobStatus> onStatus);

    /** Waits for all of {@code ids} to end, and returns how. Otherwise behaves like {@link #awaitCompletion}. */
    CompletableFuture<Map<Long, JobStatus>> awaitAll(Collection<Long> ids);

    /**
     * Waits for the first of {@code ids} to end, and returns it. Otherwise behaves like {@link #awaitCompletion}.
     *
     * @return fails with an {@link IllegalArgumentException} if {@code ids} is empty.
     */
    CompletableFuture<EndedJob> awaitFirst(Collection<Long> ids);

    /** Ends the watch. The futures of those who still wait fail with an {@link IllegalStateException}. */
    @Override
    void close();

    /** A job that has ended. Implemented by this library only. */
    interface EndedJob {
        /** The job's id. */
        long id();

        /** How it ended: a {@linkplain JobStatus#isTerminal() terminal} status, or {@link JobStatus#HELD}. */
        JobStatus status();
    }
}
