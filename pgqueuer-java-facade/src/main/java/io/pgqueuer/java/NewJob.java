package io.pgqueuer.java;

import io.pgqueuer.java.internal.NewJobsKt;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A job to enqueue. It cannot be changed; {@link #with} makes a changed copy.
 *
 * <pre>{@code
 * NewJob.builder("fetch", payload).priority(5).delay(Duration.ofMinutes(10)).dedupeKey("fetch:42").build()
 * }</pre>
 *
 * <p>What the database would refuse is refused when the job is built, with an {@link IllegalArgumentException}. An
 * entrypoint is not blank, has no NUL and no half of a surrogate pair, and has at most 1,000 bytes of UTF-8.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface NewJob {
    /** Makes a job without a payload, with the default options. */
    static NewJob of(String entrypoint) {
        return builder(entrypoint).build();
    }

    /** Makes a job with the default options. */
    static NewJob of(String entrypoint, byte[] payload) {
        return builder(entrypoint, payload).build();
    }

    /** Makes a job whose payload is {@code text} in UTF-8, with the default options. */
    static NewJob of(String entrypoint, String text) {
        return builder(entrypoint, text).build();
    }

    /** Starts a job without a payload, with the default options. */
    static Builder builder(String entrypoint) {
        return NewJobsKt.newJob(entrypoint);
    }

    /**
     * Starts a job with the default options.
     *
     * @param payload the bytes that the handler gets; they are copied. An empty array is not the same as no payload.
     */
    static Builder builder(String entrypoint, byte[] payload) {
        return NewJobsKt.newJob(entrypoint, payload);
    }

    /** Starts a job whose payload is {@code text} in UTF-8. Handlers read it by {@link JobContext#payloadText}. */
    static Builder builder(String entrypoint, String text) {
        return builder(entrypoint, Objects.requireNonNull(text, "text").getBytes(StandardCharsets.UTF_8));
    }

    /** The name of the handler. */
    String entrypoint();

    /** A copy of the bytes that the handler gets; empty for a job without a payload. */
    Optional<byte[]> payload();

    /** Jobs of higher priority are claimed first. */
    int priority();

    /** How long the job must wait before it may be claimed. */
    Duration delay();

    /** The moment from which the job may be claimed; empty if it was not set. */
    Optional<Instant> runAt();

    /** The key that at most one queued or running job has; empty for none. */
    Optional<String> dedupeKey();

    /** Text beside the payload. The map cannot be changed. */
    Map<String, String> headers();

    /**
     * Returns a copy of this job with what {@code changes} sets: {@code job.with(copy -> copy.header("tenant", "t1"))}.
     *
     * @throws IllegalArgumentException if a value is out of its bounds.
     */
    NewJob with(Consumer<Builder> changes);

    /**
     * Collects the options of a job. Each method sets one and returns this builder.
     *
     * <p>Implemented by this library only. Methods may be added in any release.
     */
    interface Builder {
        /** Sets the priority: jobs of higher priority are claimed first; default 0. */
        Builder priority(int priority);

        /**
         * Sets how long the job must wait before it may be claimed, from the enqueue by the store's clock; default
         * zero, at most 36,500 days.
         */
        Builder delay(Duration delay);

        /**
         * Sets the moment, by the store's clock, from which the job may be claimed; default: at once, or after the
         * {@linkplain #delay delay}. A moment in the past means at once. Set this or the delay, not both.
         */
        Builder runAt(Instant runAt);

        /**
         * Sets the dedupe key: at most one queued or running job has the same key; default: none. Not blank, at most
         * 2,000 bytes of UTF-8.
         */
        Builder dedupeKey(String dedupeKey);

        /** Adds a header, or replaces the one of that name: text beside the payload, for tracing and the like. */
        Builder header(String name, String value);

        /** Adds headers, and replaces those of the same names. */
        Builder headers(Map<String, String> headers);

        /**
         * Makes the job.
         *
         * @throws IllegalArgumentException if a value is out of its bounds.
         */
        NewJob build();
    }
}
