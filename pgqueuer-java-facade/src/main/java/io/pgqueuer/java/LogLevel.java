package io.pgqueuer.java;

/**
 * Which changes of its jobs a queue logs. Each level costs less than the one before it, and takes something away.
 *
 * <p>It is a property of the queue, not of a worker: all workers and producers of this library follow it, from their
 * next statement on. Python's write the full log, whatever it says.
 */
public enum LogLevel {
    /** Every change, which is what Python PgQueuer writes. The default. */
    FULL,

    /**
     * Ends, holds and retries. The log of a job does not tell when it was enqueued and claimed: there are no run times,
     * and throughput counts no {@code queued} and no {@code picked}.
     */
    TERMINAL,

    /**
     * What did not succeed: failures, holds, retries, cancellations and deletions. Beyond what {@link #TERMINAL} takes
     * away, throughput counts no successes, and as nothing tells of them, completions cannot be awaited: the future of
     * one fails with an {@link IllegalStateException}.
     */
    FAILURES
}
