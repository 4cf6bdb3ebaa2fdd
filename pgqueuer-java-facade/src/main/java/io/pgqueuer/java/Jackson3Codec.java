package io.pgqueuer.java;

import java.io.IOException;
import java.util.Objects;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON by Jackson 3: {@code JobType.of("send_receipt", Jackson3Codec.of(Receipt.class))}.
 *
 * <p>It needs {@code tools.jackson.core:jackson-databind}, which this library does not bring along: add it to
 * your dependencies. For Jackson 2, use {@link JacksonCodec}.
 *
 * @param <T> the type of the values.
 */
public final class Jackson3Codec<T> implements PayloadCodec<T> {
    private final ObjectWriter writer;
    private final ObjectReader reader;

    private Jackson3Codec(ObjectWriter writer, ObjectReader reader) {
        this.writer = writer;
        this.reader = reader;
    }

    /**
     * Makes a codec for {@code type} with a new mapper that ignores properties it does not know: during a deployment,
     * an old worker reads what a new producer enqueued. Otherwise the mapper has its default configuration.
     */
    public static <T> Jackson3Codec<T> of(Class<T> type) {
        Objects.requireNonNull(type, "type");
        return of(JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build(), type);
    }

    /**
     * Makes a codec for {@code type} with a mapper of the application, as it is configured now. Unless it disables
     * {@code FAIL_ON_UNKNOWN_PROPERTIES}, it refuses payloads with properties that {@code type} does not have.
     */
    public static <T> Jackson3Codec<T> of(ObjectMapper mapper, Class<T> type) {
        Objects.requireNonNull(mapper, "mapper");
        Objects.requireNonNull(type, "type");
        return new Jackson3Codec<>(mapper.writerFor(type), mapper.readerFor(type));
    }

    /** Makes a codec for a generic type: {@code of(mapper, new TypeReference<List<Receipt>>() {})}. */
    public static <T> Jackson3Codec<T> of(ObjectMapper mapper, TypeReference<T> type) {
        Objects.requireNonNull(mapper, "mapper");
        Objects.requireNonNull(type, "type");
        return new Jackson3Codec<>(mapper.writerFor(type), mapper.readerFor(type));
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
        } catch (JacksonException e) {
            throw JacksonErrors.cannotEncode(value, e);
        }
    }

    /**
     * Reads JSON.
     *
     * @throws JacksonException if it is not JSON of this type.
     * @throws IOException if it is the JSON {@code null}.
     */
    @Override
    public T decode(byte[] payload) throws IOException {
        return JacksonErrors.requirePresent(reader.readValue(Objects.requireNonNull(payload, "payload")));
    }
}
