package io.pgqueuer.java;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * The jobs of one entrypoint that are in the queue.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface Backlog {
    /** The entrypoint. */
    String entrypoint();

    /** How many jobs wait, due or not. */
    long queued();

    /** How many of the queued jobs are due. */
    long due();

    /** How many jobs are picked. Those of dead workers are included. */
    long running();

    /** How many jobs are held. */
    long held();

    /** How long the job that became due first has been due; zero if none is due. An alarm should watch it. */
    Duration overdue();

    /** Whether one of the numbers was too much to count, and is an estimate from a sample. */
    boolean isEstimate();

    /** How many running jobs take a slot of a concurrency limit. */
    long slots();

    /**
     * The limit that a worker of this library declared when it started, the last one that did; empty if it declared none.
     * While workers with different limits run, the highest one counts.
     */
    OptionalInt concurrencyLimit();
}
