package io.pgqueuer.java;

import io.pgqueuer.java.internal.RetriesKt;
import java.time.Duration;
import java.util.Optional;

/** Decides whether a job that failed runs again, and when. Safe for use by many threads at once. */
@FunctionalInterface
public interface RetryPolicy {
    /**
     * Returns how long to wait before the next run, or empty to let the failure stand.
     *
     * <p>A negative delay counts as none, and one above 36,500 days as that. If the policy itself throws or returns null,
     * the job fails without a retry; its record then tells both failures.
     *
     * @param failure what the handler threw, or what its stage failed with.
     * @param attempt which run failed, 1 for the first.
     */
    Optional<Duration> delayAfter(Throwable failure, int attempt);

    /** Never retries. The default. */
    static RetryPolicy none() {
        return RetriesKt.getNoRetry();
    }

    /**
     * Retries with growing delays (1 s, 2 s, 4 s, … at most 1 h, each up to a fifth shorter or longer at random) until
     * the job ran {@code maxAttempts} times.
     *
     * @param maxAttempts the most runs, the first included; at least 1.
     * @throws IllegalArgumentException if it is less.
     */
    static RetryPolicy exponential(int maxAttempts) {
        return exponentialBuilder(maxAttempts).build();
    }

    /** Starts a policy like {@link #exponential} with other delays, or for some failures only. */
    static ExponentialRetryBuilder exponentialBuilder(int maxAttempts) {
        return new ExponentialRetryBuilder(maxAttempts);
    }
}
