package io.pgqueuer.java;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;

/**
 * JSON by Jackson: {@code JobType.of("send_receipt", JacksonCodec.of(Receipt.class))}.
 *
 * <p>It needs {@code com.fasterxml.jackson.core:jackson-databind}, which this library does not bring along: add it to
 * your dependencies.
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

    /** Makes a codec for {@code type} with a new mapper in its default configuration. */
    public static <T> JacksonCodec<T> of(Class<T> type) {
        return of(new ObjectMapper(), type);
    }

    /** Makes a codec for {@code type} with a mapper of the application, as it is configured now. */
    public static <T> JacksonCodec<T> of(ObjectMapper mapper, Class<T> type) {
        return new JacksonCodec<>(mapper.writerFor(type), mapper.readerFor(type));
    }

    /** Makes a codec for a generic type: {@code of(mapper, new TypeReference<List<Receipt>>() {})}. */
    public static <T> JacksonCodec<T> of(ObjectMapper mapper, TypeReference<T> type) {
        return new JacksonCodec<>(mapper.writerFor(type), mapper.readerFor(type));
    }

    /**
     * Returns {@code value} as JSON in UTF-8.
     *
     * @throws IllegalArgumentException if Jackson cannot encode it.
     */
    @Override
    public byte[] encode(T value) {
        try {
            return writer.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot encode a " + value.getClass().getName() + " as JSON: " + e, e);
        }
    }

    /**
     * Reads JSON.
     *
     * @throws IOException if it is not JSON of this type, or is the JSON {@code null}.
     */
    @Override
    public T decode(byte[] payload) throws IOException {
        T value = reader.readValue(payload);
        if (value == null) {
            throw new IOException("the payload is the JSON null, which is no value");
        }
        return value;
    }
}
