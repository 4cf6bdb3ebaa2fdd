package io.pgqueuer.java.web;

import io.pgqueuer.java.StoredJob;
import org.jspecify.annotations.Nullable;

/** Decides what the dashboard shows of a payload, for example without passwords and addresses. */
@FunctionalInterface
public interface PayloadRedactor {
    /**
     * Returns the bytes to show for {@code payload}, the payload of {@code job}; null to show only its size. It must not
     * block. If it throws, only the size is shown.
     */
    byte @Nullable [] redact(StoredJob job, byte[] payload);

    /** Shows payloads as they are. */
    static PayloadRedactor show() {
        return (job, payload) -> payload;
    }

    /** Shows no payload. */
    static PayloadRedactor hide() {
        return (job, payload) -> null;
    }
}
