package io.pgqueuer.java;

import io.pgqueuer.java.internal.RunOptionsKt;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * How a worker runs: {@code worker.start(options -> options.batchSize(100))}.
 *
 * <p>It cannot be changed; {@link #with} makes a changed copy. What each option means stands at its setter in
 * {@link Builder}.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface RunOptions {
    /** The defaults. */
    RunOptions DEFAULT = builder().build();

    /** Starts options from the defaults. */
    static Builder builder() {
        return RunOptionsKt.runOptions();
    }

    /**
     * Returns a copy of these options with what {@code changes} sets.
     *
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    RunOptions with(Consumer<Builder> changes);

    /** When the run ends. */
    RunMode mode();

    /** The most jobs that one claim leases; empty if that follows the load. */
    OptionalInt batchSize();

    /** The most handlers that run at once; empty for the default. */
    OptionalInt maxConcurrentTasks();

    /** How many jobs beyond {@link #maxConcurrentTasks()} the worker may claim ahead. */
    int prefetch();

    /** How often an idle worker polls. */
    Duration dequeueTimeout();

    /** Whether the worker listens for notifications. */
    boolean listen();

    /** How long a lease lasts if it is not renewed. */
    Duration heartbeatTimeout();

    /** How often in a row the lease of a job may expire before the job is held. */
    int maxRescues();

    /** How long handlers may run on after a shutdown. */
    Duration shutdownTimeout();

    /** Whether the worker shuts down when its notifications fail. */
    boolean shutdownOnListenerFailure();

    /** How often the log is counted into the statistics; empty for never. */
    Optional<Duration> logAggregationInterval();

    /** How long log entries are kept; empty if they are kept for ever. */
    Optional<Duration> logRetention();

    /** After how many ended jobs the queue is vacuumed; empty for never. */
    OptionalInt vacuumEvery();

    /** At which severity a run that failed and is retried is logged. */
    Severity retrySeverity();

    /** At which severity a job that failed for good is logged. */
    Severity failureSeverity();

    /** Whether the worker starts again when its run fails. */
    boolean restartOnFailure();

    /** Where async handlers are called; empty for a pool of this library's. */
    Optional<Executor> asyncHandlerExecutor();

    /**
     * Collects the options of a run. Each method sets one and returns this builder.
     *
     * <p>Implemented by this library only. Methods may be added in any release.
     */
    interface Builder {
        /** Sets when the run ends; default {@link RunMode#CONTINUOUS}. */
        Builder mode(RunMode mode);

        /**
         * Sets the most jobs that one claim leases; at least 1. By default it follows the load: it starts at 10, grows
         * to 500 while claims are filled and handlers are quick, and shrinks again when they are slow.
         */
        Builder batchSize(int batchSize);

        /**
         * Sets the most handlers that run at once in this worker; at least 1. Default: 1,000, or, if the worker has a
         * blocking handler, the number of handlers that have a thread: 256 with virtual threads, 64 otherwise.
         *
         * <p>A worker never claims more than it can soon run, so that other workers can take the other jobs. If this is
         * not set and the handlers are blocking and so quick that claims cannot keep up with them, the worker holds up to
         * 500 jobs more. Those that wait there for 1 s are given back. This does not apply if an entrypoint has a
         * concurrency limit.
         */
        Builder maxConcurrentTasks(int maxConcurrentTasks);

        /**
         * Sets how many jobs beyond {@link #maxConcurrentTasks} the worker may claim ahead; default 0, so that a slow
         * handler keeps no job from other workers.
         */
        Builder prefetch(int prefetch);

        /** Sets how often an idle worker polls the queue if no notification arrives; at least 1 ms, default 30 s. */
        Builder dequeueTimeout(Duration dequeueTimeout);

        /**
         * Sets the lease timeout: a lease expires if it is not renewed within this time, and another worker may then
         * take the job. Leases are renewed at a third of it. If that fails, the handlers are cancelled a tenth of it,
         * at most 1 s, before their leases expire. At least 100 ms, default 30 s. All workers of a queue should agree
         * on it.
         */
        Builder heartbeatTimeout(Duration heartbeatTimeout);

        /** Sets how often in a row the lease of a job may expire before the job is held; at least 1, default 3. */
        Builder maxRescues(int maxRescues);

        /**
         * Sets how long handlers may run on after a shutdown, before they are cancelled and their jobs given back; at
         * least 0, default 30 s. The run ends at most 15 s after that, whatever the store and the handlers do.
         */
        Builder shutdownTimeout(Duration shutdownTimeout);

        /**
         * Sets whether the worker listens for notifications; default true. With false, it polls every
         * {@link #dequeueTimeout}, and learns at the next renewal of a lease that a job was canceled. Use that where
         * notifications do not arrive, as behind a pooler in transaction mode. {@link Worker#listenerHealthy} then only
         * checks claims and renewals.
         */
        Builder listen(boolean listen);

        /**
         * Sets whether the worker shuts down when its notifications fail; default false: it reconnects, and polls in
         * the meantime.
         */
        Builder shutdownOnListenerFailure(boolean shutdownOnListenerFailure);

        /**
         * Sets how often the log is counted into the statistics, while this worker writes to the log; at least 1 s,
         * default 30 s. It is also counted at the end of a run, for at most 2 s. Only one worker counts at a time.
         */
        Builder logAggregationInterval(Duration logAggregationInterval);

        /** Turns off counting the log into the statistics. Log entries are then never deleted, either. */
        Builder noLogAggregation();

        /**
         * Sets how long log entries are kept; at least 1 minute, default: for ever. Older entries are deleted once they
         * are counted and their job has left the queue. The end of a job can be awaited only as long as its entry is
         * kept.
         */
        Builder logRetention(Duration logRetention);

        /**
         * Sets after how many jobs that ended in this worker the queue is vacuumed in the background, so that claims do
         * not have to pass dead rows; at least 1,000, default 100,000.
         *
         * <p>It needs the owner of the table or, from PostgreSQL 17, the privilege {@code MAINTAIN}. Without it,
         * autovacuum has to do it.
         */
        Builder vacuumEvery(int vacuumEvery);

        /** Turns off the vacuum of the queue. */
        Builder noVacuum();

        /**
         * Sets at which severity a failed run whose job is retried is written to the application's log, with the
         * exception; default {@link Severity#WARN}.
         */
        Builder retrySeverity(Severity retrySeverity);

        /**
         * Sets at which severity a job that failed for good is written to the application's log, with the exception;
         * default {@link Severity#ERROR}.
         */
        Builder failureSeverity(Severity failureSeverity);

        /**
         * Sets whether the worker starts again when its run fails; default false. The store may be out of reach at the
         * start, or its tables may be missing until a migration has run.
         *
         * <p>The worker waits for 1 s, and twice as long after each further failure, at most 30 s. A failure after five
         * minutes or more counts as the first one. Each failure is logged as an error, and is an event:
         * {@link WorkerEvent.RunFailed}.
         *
         * <p>What waiting cannot repair still ends the run: the backend is closed, or the worker cannot run as it is
         * configured ({@link IllegalArgumentException}, {@link IllegalStateException}).
         */
        Builder restartOnFailure(boolean restartOnFailure);

        /**
         * Sets where async handlers are called; default: a pool with as many threads as the machine has cores. Blocking
         * handlers have threads of their own; see {@link EntrypointBuilder#handle}.
         */
        Builder asyncHandlerExecutor(Executor asyncHandlerExecutor);

        /**
         * Makes the options.
         *
         * @throws IllegalArgumentException if an option is out of its bounds.
         */
        RunOptions build();
    }
}
