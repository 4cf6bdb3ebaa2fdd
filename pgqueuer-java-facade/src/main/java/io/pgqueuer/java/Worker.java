package io.pgqueuer.java;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Runs the jobs of its entrypoints and its schedules. Made by {@link PgQueuerClient#worker()}; fixed once made.
 *
 * <p>Delivery is at least once: a job runs again when its worker dies or loses its lease before the outcome is written.
 * Implemented by this library; more methods may come.
 */
public interface Worker extends AutoCloseable {
    /** Starts with the {@linkplain RunOptions#defaults() default options}, as {@link #start(RunOptions)} does. */
    default CompletableFuture<RunReport> start() {
        return start(RunOptions.defaults());
    }

    /**
     * Starts to work the queue, until {@link #shutdown()} or {@link #close()}, or with {@link RunMode#DRAIN} until
     * there is nothing left to do. Once it has ended it may be started again.
     *
     * <p>Cancelling the future stops the worker as a second {@link #shutdown()} does; {@link #close()} waits until it
     * has stopped.
     *
     * @return what it did, once it has ended and all outcomes are written; fails with a
     *     {@link io.pgqueuer.SchemaException} if the queue is not installed, a
     *     {@link io.pgqueuer.StoreUnavailableException} if the store cannot be reached at the start (later
     *     failures are retried), or an {@link IllegalStateException} if it runs already or its client is closed.
     */
    CompletableFuture<RunReport> start(RunOptions options);

    /**
     * Asks it to stop, and returns at once: handlers may end within {@link RunOptions#shutdownTimeout()}, then they are
     * cancelled and their jobs given back. A second call skips that wait. Does nothing when it does not run.
     */
    void shutdown();

    /** Tells within 5 s whether its notifications arrive, as {@link #listenerHealthy(Duration)} does. */
    default CompletableFuture<Boolean> listenerHealthy() {
        return listenerHealthy(Duration.ofSeconds(5));
    }

    /**
     * Sends a notification and tells whether it comes back to this worker within {@code timeout}: for a health check.
     * False when it does not run, or the store cannot be reached. A worker whose notifications fail still works, by
     * polling.
     *
     * @return fails with an {@link IllegalArgumentException} if {@code timeout} is not positive.
     */
    CompletableFuture<Boolean> listenerHealthy(Duration timeout);

    /**
     * Asks it to stop, unless that was asked for already, and waits until it has. Does nothing when it does not run.
     *
     * <p>If the calling thread is interrupted, the wait for handlers is skipped as by a second {@link #shutdown()}, and
     * the thread is left interrupted. Not to be called by a handler of its own: use {@link #shutdown()} there.
     */
    @Override
    void close();
}
