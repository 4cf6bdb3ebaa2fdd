package io.pgqueuer.java;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Turns values into payloads and back. Safe for use by many threads at once.
 *
 * @param <T> the type of the values.
 * @see JacksonCodec
 */
public interface PayloadCodec<T> {
    /**
     * Writes {@code value}.
     *
     * @throws RuntimeException if it cannot be written; the enqueue throws it on, and nothing is stored.
     */
    byte[] encode(T value);

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws Exception whatever it throws fails the job, and that job only, for good: no policy retries it.
     */
    T decode(byte[] payload) throws Exception;

    /** Text in UTF-8. Bytes that are none fail the job. */
    static PayloadCodec<String> utf8() {
        return new PayloadCodec<>() {
            @Override
            public byte[] encode(String value) {
                return value.getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public String decode(byte[] payload) throws CharacterCodingException {
                // Unlike new String(…), it refuses what is not UTF-8.
                return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
            }
        };
    }
}
