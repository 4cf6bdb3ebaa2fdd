package io.pgqueuer.java;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.util.Objects;

/**
 * JSON by Jackson 2: {@code JobType.of("send_receipt", JacksonCodec.of(Receipt.class))}.
 *
 * <p>It needs {@code com.fasterxml.jackson.core:jackson-databind}, which this library does not bring along: add it to
 * your dependencies. For Jackson 3, use {@link Jackson3Codec}.
 *
 * @param <T> the type of the values.
 */
public final class JacksonCodec<T> implements PayloadCodec<T> {
    private final ObjectWriter writer;
    private final ObjectReader reader;

    private JacksonCodec(ObjectWriter writer, ObjectReader reader) {
        this.writer = writer;
        this.reader = reader;
    }

    /**
     * Makes a codec for {@code type} with a new mapper that ignores properties it does not know: during a deployment,
     * an old worker reads what a new producer enqueued. Otherwise the mapper has its default configuration.
     */
    public static <T> JacksonCodec<T> of(Class<T> type) {
        Objects.requireNonNull(type, "type");
        return of(new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES), type);
    }

    /**
     * Makes a codec for {@code type} with a mapper of the application, as it is configured now. Unless it disables
     * {@code FAIL_ON_UNKNOWN_PROPERTIES}, it refuses payloads with properties that {@code type} does not have.
     */
    public static <T> JacksonCodec<T> of(ObjectMapper mapper, Class<T> type) {
        Objects.requireNonNull(mapper, "mapper");
        Objects.requireNonNull(type, "type");
        return new JacksonCodec<>(mapper.writerFor(type), mapper.readerFor(type));
    }

    /** Makes a codec for a generic type: {@code of(mapper, new TypeReference<List<Receipt>>() {})}. */
    public static <T> JacksonCodec<T> of(ObjectMapper mapper, TypeReference<T> type) {
        Objects.requireNonNull(mapper, "mapper");
        Objects.requireNonNull(type, "type");
        return new JacksonCodec<>(mapper.writerFor(type), mapper.readerFor(type));
    }

    /**
     * Returns {@code value} as JSON in UTF-8.
     *
     * @throws IllegalArgumentException if Jackson cannot encode it.
     */
    @Override
    public byte[] encode(T value) {
        Objects.requireNonNull(value, "value");
        try {
            return writer.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw JacksonErrors.cannotEncode(value, e);
        }
    }

    /**
     * Reads JSON.
     *
     * @throws IOException if it is not JSON of this type, or is the JSON {@code null}.
     */
    @Override
    public T decode(byte[] payload) throws IOException {
        return JacksonErrors.requirePresent(reader.readValue(Objects.requireNonNull(payload, "payload")));
    }
}
