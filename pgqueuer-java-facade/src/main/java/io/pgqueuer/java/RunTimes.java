package io.pgqueuer.java;

import java.util.Optional;

/**
 * How long runs of one entrypoint took that ended or were held within a window of time, and how long they had waited.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface RunTimes {
    /** The entrypoint. */
    String entrypoint();

    /** How many runs there were. */
    long count();

    /** From the claim until the outcome was written. */
    Percentiles runTime();

    /**
     * From when the job was last queued (by its enqueue, a retry, a release or a requeue) until the claim. A delay that
     * somebody asked for is part of it. Empty if the log level leaves out when jobs are queued.
     */
    Optional<Percentiles> waitTime();
}
