package io.pgqueuer.java;

import java.time.Duration;

/**
 * Percentiles of durations, by nearest rank: each is one of the durations.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface Percentiles {
    /** Half of them are no longer. */
    Duration p50();

    /** 95 % of them are no longer. */
    Duration p95();

    /** 99 % of them are no longer. */
    Duration p99();
}
