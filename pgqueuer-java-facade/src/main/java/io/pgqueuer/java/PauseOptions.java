package io.pgqueuer.java;

import java.time.Duration;
import java.time.Instant;

/**
 * How long a pause lasts, and why.
 *
 * <p>Each method sets one option and returns this object. A value that is out of its bounds throws
 * {@link IllegalArgumentException}. Once the call that they belong to has begun, each method throws
 * {@link IllegalStateException}.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface PauseOptions {
    /**
     * Sets when the pause ends by itself, by the store's clock: in the future, and before the year 10000. By default, it
     * lasts until somebody resumes it. Set this or {@link #duration}, not both.
     */
    PauseOptions until(Instant until);

    /**
     * Sets after which time the pause ends by itself: more than 0, at most 100 years. By default, it lasts until somebody
     * resumes it.
     */
    PauseOptions duration(Duration duration);

    /** Sets why, for those who look at the queue: not blank, at most 500 characters. By default, there is none. */
    PauseOptions reason(String reason);
}
