package io.pgqueuer.java;

import java.time.Duration;

/**
 * How long runs of one entrypoint took, from the claim until the outcome was written: those whose jobs ended or were
 * held within a window of time. A percentile is the time of a run that took place (nearest rank).
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface RunTimes {
    /** The entrypoint. */
    String entrypoint();

    /** How many runs there were. */
    long count();

    /** Half of the runs took no longer. */
    Duration p50();

    /** 95 % of the runs took no longer. */
    Duration p95();

    /** 99 % of the runs took no longer. */
    Duration p99();
}
