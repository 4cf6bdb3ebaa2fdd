package io.pgqueuer.java;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What the codecs of all versions of Jackson have in common. */
final class JacksonErrors {
    private JacksonErrors() {}

    static IllegalArgumentException cannotEncode(Object value, Exception cause) {
        return new IllegalArgumentException(
                "cannot encode a " + value.getClass().getName() + " as JSON: " + cause, cause);
    }

    static <T> T requirePresent(@Nullable T value) throws IOException {
        if (value == null) {
            throw new IOException("the payload is the JSON null, which is no value");
        }
        return value;
    }
}
