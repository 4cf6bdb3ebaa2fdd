package io.pgqueuer.java;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Turns values into payloads and back. Many threads use it at once.
 *
 * @param <T> the type of the values.
 * @see JacksonCodec
 */
public interface PayloadCodec<T> {
    /**
     * Returns {@code value} as bytes.
     *
     * @throws RuntimeException if it cannot be encoded; the enqueue throws it on, and nothing is stored.
     */
    byte[] encode(T value);

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws Exception fails the job for good: no policy retries it. Other jobs are not affected.
     */
    T decode(byte[] payload) throws Exception;

    /** Returns a codec for text in UTF-8. A payload that is not UTF-8 fails its job. */
    static PayloadCodec<String> utf8() {
        return new PayloadCodec<>() {
            @Override
            public byte[] encode(String value) {
                return Objects.requireNonNull(value, "value").getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public String decode(byte[] payload) throws CharacterCodingException {
                // Unlike new String(…), it refuses what is not UTF-8.
                var bytes = ByteBuffer.wrap(Objects.requireNonNull(payload, "payload"));
                return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            }
        };
    }
}
