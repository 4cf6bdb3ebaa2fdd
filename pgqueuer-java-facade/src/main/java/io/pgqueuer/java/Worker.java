package io.pgqueuer.java;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Runs the handlers of its entrypoints and schedules. Made by {@link Backend#worker()}; what it serves cannot be
 * changed.
 *
 * <p>Delivery is at-least-once: a job runs again if its worker dies or loses its lease before the outcome is written.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface Worker extends AutoCloseable {
    /** Starts the worker with the default options. Otherwise behaves like {@link #start(RunOptions)}. */
    default CompletableFuture<RunReport> start() {
        return start(RunOptions.DEFAULT);
    }

    /**
     * Starts the worker with options: {@code worker.start(options -> options.mode(RunMode.DRAIN))}. Otherwise behaves
     * like {@link #start(RunOptions)}.
     *
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    default CompletableFuture<RunReport> start(Consumer<RunOptions.Builder> options) {
        Objects.requireNonNull(options, "options");
        return start(RunOptions.DEFAULT.with(options));
    }

    /**
     * Starts the worker, and returns at once. It runs until {@link #shutdown()} or {@link #close()} is called or, with
     * {@link RunMode#DRAIN}, until nothing is left to do. It can be started again after that.
     *
     * <p>After a shutdown, handlers may run on for {@link RunOptions#shutdownTimeout()}. Those that have not ended by
     * then are cancelled and their jobs given back. If the future is cancelled, that happens at once; {@link #close()}
     * waits until it has happened.
     *
     * <p>With {@link RunOptions#restartOnFailure()}, the worker starts again when its run fails, and the report is that of
     * all its runs. A shutdown while it waits to start again ends the wait, and the future fails with the last failure.
     *
     * @return what the worker did, once it has ended and all outcomes are written. Fails with a
     *     {@link io.pgqueuer.SchemaException} if the queue is not installed, with a
     *     {@link io.pgqueuer.StoreUnavailableException} if the store cannot be reached at the start (later failures are
     *     retried), with a {@link io.pgqueuer.StoreClosedException} if the backend is closed, with a
     *     {@link io.pgqueuer.WorkerFailedException} if a part of the worker failed beyond repair, and with an
     *     {@link IllegalStateException} if the worker runs already. Each failure of a run is also logged as an error.
     */
    CompletableFuture<RunReport> start(RunOptions options);

    /**
     * Asks the worker to stop, and returns at once. A second call skips the wait for handlers.
     *
     * <p>If the worker does not run, the request is remembered: its next run ends at once.
     */
    void shutdown();

    /** Checks the worker's notifications within 5 s. Otherwise behaves like {@link #listenerHealthy(Duration)}. */
    default CompletableFuture<Boolean> listenerHealthy() {
        return listenerHealthy(Duration.ofSeconds(5));
    }

    /**
     * Sends a notification and tells whether this worker receives it within {@code timeout}. For a health check.
     *
     * <p>False if the worker does not run, if the store cannot be reached, or if its last claim or renewal of leases
     * failed or is overdue. A worker whose notifications fail still works, by polling.
     *
     * @return fails with an {@link IllegalArgumentException} if {@code timeout} is not positive.
     */
    CompletableFuture<Boolean> listenerHealthy(Duration timeout);

    /**
     * Asks the worker to stop, unless that was asked for already, and waits until it has stopped. Does nothing if the
     * worker does not run.
     *
     * <p>If the calling thread is interrupted, the wait for handlers is skipped, as by a second {@link #shutdown()},
     * and the thread stays interrupted. A handler of this worker must not call it: the handler would wait for itself.
     * Use {@link #shutdown()} there.
     */
    @Override
    void close();
}
