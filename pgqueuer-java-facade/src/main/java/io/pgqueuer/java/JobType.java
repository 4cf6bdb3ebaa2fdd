package io.pgqueuer.java;

import java.util.Objects;
import java.util.function.Consumer;

/**
 * An entrypoint whose payloads are values of one type. Producers and workers share it:
 *
 * <pre>{@code
 * static final JobType<Receipt> SEND_RECEIPT = JobType.of("send_receipt", JacksonCodec.of(Receipt.class));
 * }</pre>
 *
 * @param <T> the type of the values.
 */
public final class JobType<T> {
    private final String entrypoint;
    private final PayloadCodec<T> codec;

    private JobType(String entrypoint, PayloadCodec<T> codec) {
        this.entrypoint = Objects.requireNonNull(entrypoint, "entrypoint");
        this.codec = Objects.requireNonNull(codec, "codec");
    }

    /** Makes a type from the name of its handler and the codec that turns values into payloads and back. */
    public static <T> JobType<T> of(String entrypoint, PayloadCodec<T> codec) {
        return new JobType<>(entrypoint, codec);
    }

    /** The name of the handler. */
    public String entrypoint() {
        return entrypoint;
    }

    /** Turns values into payloads and back. */
    public PayloadCodec<T> codec() {
        return codec;
    }

    /**
     * Makes a job of this type with the default options. {@code value} is encoded now.
     *
     * @throws NullPointerException if {@code value} is null.
     * @throws RuntimeException if the codec cannot encode {@code value}.
     */
    public NewJob newJob(T value) {
        Objects.requireNonNull(
                value,
                () -> "value must not be null: each job of entrypoint '" + entrypoint + "' carries a value. To enqueue "
                        + "a job without a payload, name its entrypoint instead of its type");
        return NewJob.of(entrypoint, codec.encode(value));
    }

    /**
     * Makes a job of this type. {@code value} is encoded now.
     *
     * @param options sets options of the job, such as {@code job -> job.priority(5)}.
     * @throws IllegalArgumentException if an option is out of its bounds.
     * @throws RuntimeException if the codec cannot encode {@code value}.
     */
    public NewJob newJob(T value, Consumer<NewJob.Builder> options) {
        Objects.requireNonNull(options, "options");
        return newJob(value).with(options);
    }

    @Override
    public String toString() {
        return "JobType(" + entrypoint + ")";
    }
}
