package io.pgqueuer.java;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Thrown by a handler, or set as the failure of its stage, to have its job run again: the same job, one attempt more.
 *
 * <p>The job is retried whatever the entrypoint's {@link RetryPolicy} says, as often as this is thrown.
 */
public class RetryRequested extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final Duration LONGEST = Duration.ofDays(36_500);

    private final Duration delay;

    /** Asks for a retry at once. */
    public RetryRequested() {
        this(Duration.ZERO);
    }

    /** Asks for a retry after {@code delay}. */
    public RetryRequested(Duration delay) {
        this(delay, null, null);
    }

    /** Asks for a retry after {@code delay}. The log keeps {@code reason}. */
    public RetryRequested(Duration delay, @Nullable String reason) {
        this(delay, reason, null);
    }

    /**
     * Asks for a retry after {@code delay}. The log keeps {@code reason} and {@code cause}.
     *
     * @throws IllegalArgumentException if {@code delay} is negative or longer than 36,500 days.
     */
    public RetryRequested(Duration delay, @Nullable String reason, @Nullable Throwable cause) {
        super(reason == null ? "retry requested" : reason, cause);
        Objects.requireNonNull(delay, "delay");
        if (delay.isNegative() || delay.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("delay must be >= 0 and at most " + LONGEST + ", was " + delay);
        }
        this.delay = delay;
    }

    /** How long to wait before the next run. */
    public final Duration delay() {
        return delay;
    }
}
