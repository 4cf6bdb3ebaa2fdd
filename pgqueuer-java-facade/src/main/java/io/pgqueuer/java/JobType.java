package io.pgqueuer.java;

import java.util.Objects;

/**
 * An entrypoint whose payloads are values of one type. Producers and workers share it:
 *
 * <pre>{@code
 * static final JobType<Receipt> SEND_RECEIPT = JobType.of("send_receipt", JacksonCodec.of(Receipt.class));
 * }</pre>
 *
 * @param entrypoint the name of the handler.
 * @param codec turns values into payloads and back.
 * @param <T> the type of the values.
 */
public record JobType<T>(String entrypoint, PayloadCodec<T> codec) {
    /** Refuses nulls. */
    public JobType {
        Objects.requireNonNull(entrypoint, "entrypoint");
        Objects.requireNonNull(codec, "codec");
    }

    /** Makes a type. */
    public static <T> JobType<T> of(String entrypoint, PayloadCodec<T> codec) {
        return new JobType<>(entrypoint, codec);
    }

    /**
     * Starts a job of this type that carries {@code value}, encoded now.
     *
     * @throws RuntimeException if the codec cannot encode it.
     */
    public NewJob.Builder newJob(T value) {
        return NewJob.builder(entrypoint).payload(codec.encode(value));
    }
}
