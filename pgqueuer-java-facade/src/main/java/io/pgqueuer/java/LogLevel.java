package io.pgqueuer.java;

/**
 * Which changes of its jobs a queue logs. Each level costs less than the one before it, and shows less.
 *
 * <p>It is a property of the queue, not of a worker: all workers and producers of this library follow it from their
 * next statement on. Python PgQueuer ignores it and writes the full log.
 */
public enum LogLevel {
    /** Every change, as Python PgQueuer logs them. The default. */
    FULL,

    /**
     * Ends, holds and retries. The log does not tell when a job was enqueued and claimed: there are no run times, and
     * throughput does not count {@code QUEUED} and {@code PICKED}.
     */
    TERMINAL,

    /**
     * Only what did not succeed: failures, holds, retries, cancellations and deletions. Throughput does not count
     * successes, either. The end of a job cannot be awaited, as the log does not record successes: the future fails
     * with an {@link IllegalStateException}.
     */
    FAILURES
}
