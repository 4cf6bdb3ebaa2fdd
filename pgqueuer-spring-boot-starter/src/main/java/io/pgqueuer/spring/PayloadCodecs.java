package io.pgqueuer.spring;

import io.pgqueuer.java.JobType;
import io.pgqueuer.java.PayloadCodec;
import java.lang.reflect.Type;
import java.util.Objects;

/**
 * Makes the codecs for the payloads of annotated handlers. By default, they are JSON by the application's Jackson mapper.
 * Define a bean of this type to use another format.
 *
 * <p>Producers can use it too, so that both sides agree:
 *
 * <pre>{@code
 * queue.enqueue(codecs.jobType("receipt", Receipt.class), new Receipt(42));
 * }</pre>
 */
@FunctionalInterface
public interface PayloadCodecs {
    /**
     * Returns the codec for values of {@code type}, a class or a generic type.
     *
     * @throws IllegalArgumentException if it has none.
     */
    PayloadCodec<?> codecOf(Type type);

    /** Returns the type of the jobs of {@code entrypoint}, whose payloads are values of {@code type}. */
    @SuppressWarnings("unchecked") // A codec for a class makes objects of that class.
    default <T> JobType<T> jobType(String entrypoint, Class<T> type) {
        return JobType.of(entrypoint, (PayloadCodec<T>) codecOf(Objects.requireNonNull(type, "type")));
    }
}
