package io.pgqueuer.java;

import io.pgqueuer.java.internal.NewJobsKt;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job to enqueue. What the database would refuse is refused here.
 *
 * <pre>{@code
 * NewJob.builder("fetch").payload(url).priority(5).delay(Duration.ofMinutes(10)).dedupeKey("fetch:42").build()
 * }</pre>
 *
 * @param entrypoint the name of the handler: not blank, at most 1,000 bytes of UTF-8.
 * @param payload the bytes that the handler gets, copied; null and empty are kept apart.
 * @param priority higher is claimed first.
 * @param delay how long from the enqueue, by the store's clock, the job may not be claimed; at most 36,500 days.
 * @param dedupeKey at most one queued or picked job carries the same key; null for none, else not blank, at most 2,000
 *     bytes of UTF-8.
 * @param headers text beside the payload, for tracing and the like.
 */
public record NewJob(
        String entrypoint,
        byte @Nullable [] payload,
        int priority,
        Duration delay,
        @Nullable String dedupeKey,
        Map<String, String> headers) {

    /**
     * Checks and copies; a {@linkplain #builder builder} reads better.
     *
     * @throws IllegalArgumentException if a value is out of its bounds, or a text has a NUL or half a surrogate pair.
     */
    public NewJob {
        payload = payload == null ? null : payload.clone();
        headers = Map.copyOf(headers);
        NewJobsKt.requireValid(entrypoint, priority, delay, dedupeKey, headers);
    }

    /** Makes a job without a payload. */
    public static NewJob of(String entrypoint) {
        return builder(entrypoint).build();
    }

    /** Makes a job. */
    public static NewJob of(String entrypoint, byte[] payload) {
        return builder(entrypoint).payload(payload).build();
    }

    /** Starts a job; what is not set has the default given there. */
    public static Builder builder(String entrypoint) {
        return new Builder(entrypoint);
    }

    @Override
    public String toString() {
        return "NewJob[entrypoint=%s, priority=%d, dedupeKey=%s]".formatted(entrypoint, priority, dedupeKey);
    }

    /** Collects what a job is made of. */
    public static final class Builder {
        private final String entrypoint;
        private final Map<String, String> headers = new LinkedHashMap<>();
        private byte @Nullable [] payload;
        private int priority;
        private Duration delay = Duration.ZERO;
        private @Nullable String dedupeKey;

        private Builder(String entrypoint) {
            this.entrypoint = entrypoint;
        }

        /** The bytes that the handler gets; default null: none. */
        public Builder payload(byte @Nullable [] payload) {
            this.payload = payload;
            return this;
        }

        /** Higher is claimed first; default 0. */
        public Builder priority(int priority) {
            this.priority = priority;
            return this;
        }

        /** How long the job may not be claimed; default zero. */
        public Builder delay(Duration delay) {
            this.delay = delay;
            return this;
        }

        /** At most one queued or picked job carries the same key; default null: none. */
        public Builder dedupeKey(@Nullable String dedupeKey) {
            this.dedupeKey = dedupeKey;
            return this;
        }

        /** Adds a header, in place of one of the same name. */
        public Builder header(String name, String value) {
            headers.put(name, value);
            return this;
        }

        /** Adds headers, in place of those of the same names. */
        public Builder headers(Map<String, String> headers) {
            this.headers.putAll(headers);
            return this;
        }

        /**
         * Makes the job.
         *
         * @throws IllegalArgumentException if a value is out of its bounds.
         */
        public NewJob build() {
            return new NewJob(entrypoint, payload, priority, delay, dedupeKey, headers);
        }
    }
}
