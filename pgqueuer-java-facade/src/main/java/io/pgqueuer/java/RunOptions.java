package io.pgqueuer.java;

import io.pgqueuer.java.internal.OptionsKt;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * How a worker runs. Make them by {@link #builder()}; more may come.
 *
 * @param mode until when; default {@link RunMode#CONTINUOUS}.
 * @param batchSize the most jobs that one claim leases; at least 1. Null (default) lets it follow the load: from 10, it
 *     grows to 500 while claims are filled and handlers are quick, and shrinks again when they are slow.
 * @param maxConcurrentTasks the most handlers that run at once in this worker; at least 1, null (default) for no cap.
 * @param prefetch how many jobs beyond {@code maxConcurrentTasks} the worker may hold ready; default 0.
 * @param dequeueTimeout how long an idle worker waits before it looks at the queue though nothing told it to; at least
 *     1 ms, default 30 s.
 * @param heartbeatTimeout a lease that was not renewed for so long has expired, and another worker may take the job; at
 *     least 100 ms, default 30 s. All workers of a queue should agree on it.
 * @param maxRescues a job whose lease expires under it so often is held; at least 1, default 3.
 * @param shutdownTimeout how long handlers may go on after a shutdown was asked for before they are cancelled and their
 *     jobs given back; default 30 s.
 * @param shutdownOnListenerFailure whether the worker shuts down when its notifications break, instead of reconnecting
 *     and polling meanwhile; default false.
 * @param logAggregationInterval how often the log is counted into the statistics; at least 1 s, default 30 s, zero for
 *     never.
 * @param logRetention log entries older than it are deleted once their job has left the queue; at least 1 minute, null
 *     (default) to keep them for ever. A completion can be awaited only as long as its entry is kept.
 * @param vacuumEvery the queue is vacuumed after so many jobs that ended in this worker, in the background, so that
 *     claims need not pass what these left behind; at least 1,000, default 100,000, 0 for never. It takes the owner of
 *     the table, or from PostgreSQL 17 the privilege {@code MAINTAIN}; without it, autovacuum is left to do it.
 * @param asyncHandlerExecutor where async handlers are called; null (default) for a pool of as many threads as there
 *     are cores. Blocking handlers run on virtual threads where the JVM has them (from Java 21), else on at most 64
 *     threads.
 */
public record RunOptions(
        RunMode mode,
        @Nullable Integer batchSize,
        @Nullable Integer maxConcurrentTasks,
        int prefetch,
        Duration dequeueTimeout,
        Duration heartbeatTimeout,
        int maxRescues,
        Duration shutdownTimeout,
        boolean shutdownOnListenerFailure,
        Duration logAggregationInterval,
        @Nullable Duration logRetention,
        int vacuumEvery,
        @Nullable Executor asyncHandlerExecutor) {

    /**
     * Checks; a {@linkplain #builder builder} reads better.
     *
     * @throws IllegalArgumentException if a value is out of its bounds.
     */
    public RunOptions {
        OptionsKt.toCore(
                mode,
                batchSize,
                maxConcurrentTasks,
                prefetch,
                dequeueTimeout,
                heartbeatTimeout,
                maxRescues,
                shutdownTimeout,
                shutdownOnListenerFailure,
                logAggregationInterval,
                logRetention,
                vacuumEvery,
                asyncHandlerExecutor);
    }

    /** The defaults. */
    public static RunOptions defaults() {
        return builder().build();
    }

    /** The defaults, but for {@link RunMode#DRAIN}. */
    public static RunOptions drain() {
        return builder().mode(RunMode.DRAIN).build();
    }

    /** Starts options from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects options. What each means and its bounds stand at the record's component of the same name. */
    public static final class Builder {
        private RunMode mode = RunMode.CONTINUOUS;
        private @Nullable Integer batchSize;
        private @Nullable Integer maxConcurrentTasks;
        private int prefetch;
        private Duration dequeueTimeout = Duration.ofSeconds(30);
        private Duration heartbeatTimeout = Duration.ofSeconds(30);
        private int maxRescues = 3;
        private Duration shutdownTimeout = Duration.ofSeconds(30);
        private boolean shutdownOnListenerFailure;
        private Duration logAggregationInterval = Duration.ofSeconds(30);
        private @Nullable Duration logRetention;
        private int vacuumEvery = 100_000;
        private @Nullable Executor asyncHandlerExecutor;

        private Builder() {}

        /** Until when; default {@link RunMode#CONTINUOUS}. */
        public Builder mode(RunMode mode) {
            this.mode = mode;
            return this;
        }

        /** The most jobs of one claim; default null: follows the load. */
        public Builder batchSize(@Nullable Integer batchSize) {
            this.batchSize = batchSize;
            return this;
        }

        /** The most handlers at once; default null: no cap. */
        public Builder maxConcurrentTasks(@Nullable Integer maxConcurrentTasks) {
            this.maxConcurrentTasks = maxConcurrentTasks;
            return this;
        }

        /** How many jobs to hold ready; default 0. */
        public Builder prefetch(int prefetch) {
            this.prefetch = prefetch;
            return this;
        }

        /** The poll of an idle worker; default 30 s. */
        public Builder dequeueTimeout(Duration dequeueTimeout) {
            this.dequeueTimeout = dequeueTimeout;
            return this;
        }

        /** When a lease expires; default 30 s. */
        public Builder heartbeatTimeout(Duration heartbeatTimeout) {
            this.heartbeatTimeout = heartbeatTimeout;
            return this;
        }

        /** How often a lease may expire under a job; default 3. */
        public Builder maxRescues(int maxRescues) {
            this.maxRescues = maxRescues;
            return this;
        }

        /** How long handlers may go on at a shutdown; default 30 s. */
        public Builder shutdownTimeout(Duration shutdownTimeout) {
            this.shutdownTimeout = shutdownTimeout;
            return this;
        }

        /** Whether broken notifications end the run; default false. */
        public Builder shutdownOnListenerFailure(boolean shutdownOnListenerFailure) {
            this.shutdownOnListenerFailure = shutdownOnListenerFailure;
            return this;
        }

        /** How often the log is counted; default 30 s, zero for never. */
        public Builder logAggregationInterval(Duration logAggregationInterval) {
            this.logAggregationInterval = logAggregationInterval;
            return this;
        }

        /** How long log entries are kept; default null: for ever. */
        public Builder logRetention(@Nullable Duration logRetention) {
            this.logRetention = logRetention;
            return this;
        }

        /** After how many ended jobs the queue is vacuumed; default 100,000, 0 for never. */
        public Builder vacuumEvery(int vacuumEvery) {
            this.vacuumEvery = vacuumEvery;
            return this;
        }

        /** Where async handlers are called; default null: on a pool of this library's. */
        public Builder asyncHandlerExecutor(@Nullable Executor asyncHandlerExecutor) {
            this.asyncHandlerExecutor = asyncHandlerExecutor;
            return this;
        }

        /**
         * Makes the options.
         *
         * @throws IllegalArgumentException if a value is out of its bounds.
         */
        public RunOptions build() {
            return new RunOptions(
                    mode,
                    batchSize,
                    maxConcurrentTasks,
                    prefetch,
                    dequeueTimeout,
                    heartbeatTimeout,
                    maxRescues,
                    shutdownTimeout,
                    shutdownOnListenerFailure,
                    logAggregationInterval,
                    logRetention,
                    vacuumEvery,
                    asyncHandlerExecutor);
        }
    }
}
