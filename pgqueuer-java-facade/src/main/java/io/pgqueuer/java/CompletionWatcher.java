package io.pgqueuer.java;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

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
 * <p>A job ends as {@code SUCCESSFUL}, {@code EXCEPTION}, {@code CANCELED} or {@code DELETED}. A held job has not
 * ended: the wait goes on until the job is requeued and ends, or is cleared.
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

        /** How it ended: a {@linkplain JobStatus#isTerminal() terminal} status. */
        JobStatus status();
    }
}
