package io.pgqueuer.java;

import io.pgqueuer.java.internal.RetriesKt;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;

/** Decides whether a job that failed runs again, and when. Many threads call it at once. */
@FunctionalInterface
public interface RetryPolicy {
    /**
     * Returns how long to wait before the next run; empty if the job has failed for good.
     *
     * <p>A negative delay counts as none, and one above 36,500 days as 36,500 days. If the policy throws or returns
     * null, the job fails without a retry; its record then tells both failures.
     *
     * @param failure what the handler threw, or what its stage failed with.
     * @param attempt which run failed: 1 for the first.
     */
    Optional<Duration> delayAfter(Throwable failure, int attempt);

    /** Never retries. */
    static RetryPolicy none() {
        return RetriesKt.getNoRetry();
    }

    /**
     * Retries any failure until the job has run five times: after 10 s, 50 s, 4 min and 21 min, each shortened or
     * lengthened at random by up to 20 %. Its last run is about 26 minutes after its first. The default.
     */
    static RetryPolicy standard() {
        return RetriesKt.getStandardRetry();
    }

    /**
     * Retries until the job has run {@code maxAttempts} times, each time after {@code delay}.
     *
     * @param maxAttempts the most runs, the first included; at least 1.
     * @param delay the wait between two runs; at least 0.
     * @throws IllegalArgumentException if a value is out of its bounds.
     */
    static RetryPolicy fixed(int maxAttempts, Duration delay) {
        return RetriesKt.fixedRetry(maxAttempts, delay);
    }

    /**
     * Retries with growing delays until the job has run {@code maxAttempts} times: after 1 s, 2 s, 4 s and so on, at
     * most 1 h, each shortened or lengthened at random by up to 20 %.
     *
     * @param maxAttempts the most runs, the first included; at least 1.
     * @throws IllegalArgumentException if {@code maxAttempts} is less than 1.
     */
    static RetryPolicy exponential(int maxAttempts) {
        return exponentialBuilder(maxAttempts).build();
    }

    /** Starts a policy like {@link #exponential} with other delays, or for some failures only. */
    static ExponentialBuilder exponentialBuilder(int maxAttempts) {
        return RetriesKt.exponentialBuilder(maxAttempts);
    }

    /**
     * Collects the options of a policy with growing delays. Each method sets one and returns this builder.
     *
     * <p>Implemented by this library only. Methods may be added in any release.
     */
    interface ExponentialBuilder {
        /** Sets how long to wait after the first failure; at least 0, default 1 s. */
        ExponentialBuilder initialDelay(Duration initialDelay);

        /** Sets how many times longer each wait is than the one before; at least 1, default 2. */
        ExponentialBuilder factor(double factor);

        /** Sets the longest wait; at least the initial delay, default 1 h. */
        ExponentialBuilder maxDelay(Duration maxDelay);

        /** Sets by which part of itself each wait is at most shortened or lengthened at random; 0 to 1, default 0.2. */
        ExponentialBuilder jitter(double jitter);

        /** Sets which failures are retried; default: all. */
        ExponentialBuilder retryOn(Predicate<? super Throwable> retryOn);

        /**
         * Makes the policy.
         *
         * @throws IllegalArgumentException if a value is out of its bounds.
         */
        RetryPolicy build();
    }
}
