package io.pgqueuer.java;

import io.pgqueuer.java.internal.RetriesKt;
import java.time.Duration;
import java.util.function.Predicate;

/** Collects what a policy of growing delays goes by. Made by {@link RetryPolicy#exponentialBuilder}. */
public final class ExponentialRetryBuilder {
    private final int maxAttempts;
    private Duration initialDelay = Duration.ofSeconds(1);
    private double factor = 2.0;
    private Duration maxDelay = Duration.ofHours(1);
    private double jitter = 0.2;
    private Predicate<? super Throwable> retryOn = failure -> true;

    ExponentialRetryBuilder(int maxAttempts) {
        this.maxAttempts = maxAttempts;
    }

    /** How long to wait after the first failure; default 1 s. */
    public ExponentialRetryBuilder initialDelay(Duration initialDelay) {
        this.initialDelay = initialDelay;
        return this;
    }

    /** How many times longer each wait is than the last; at least 1, default 2. */
    public ExponentialRetryBuilder factor(double factor) {
        this.factor = factor;
        return this;
    }

    /** The longest wait; not below the initial delay, default 1 h. */
    public ExponentialRetryBuilder maxDelay(Duration maxDelay) {
        this.maxDelay = maxDelay;
        return this;
    }

    /** By which part of itself each wait is at most shortened or lengthened at random; 0 to 1, default 0.2. */
    public ExponentialRetryBuilder jitter(double jitter) {
        this.jitter = jitter;
        return this;
    }

    /** Which failures to retry; default all. */
    public ExponentialRetryBuilder retryOn(Predicate<? super Throwable> retryOn) {
        this.retryOn = retryOn;
        return this;
    }

    /**
     * Makes the policy.
     *
     * @throws IllegalArgumentException if a value is out of its bounds.
     */
    public RetryPolicy build() {
        return RetriesKt.exponentialRetry(maxAttempts, initialDelay, factor, maxDelay, jitter, retryOn);
    }
}
