package io.pgqueuer.java.test;

import io.pgqueuer.java.JobType;
import io.pgqueuer.java.NewJob;
import java.nio.charset.StandardCharsets;

/**
 * A job as it was enqueued during a test.
 *
 * @param id its id.
 * @param job what was enqueued.
 */
public record EnqueuedJob(long id, NewJob job) {
    /** The name of the handler. */
    public String entrypoint() {
        return job.entrypoint();
    }

    /**
     * Reads the payload as a value of {@code type}.
     *
     * @throws IllegalStateException if there is none, or if it cannot be decoded.
     */
    public <T> T valueOf(JobType<T> type) {
        var payload = job.payload()
                .orElseThrow(() -> new IllegalStateException(
                        "job " + id + " of entrypoint '" + entrypoint() + "' has no payload"));
        try {
            return type.codec().decode(payload);
        } catch (Exception e) {
            throw new IllegalStateException(
                    "the payload of job " + id + " of entrypoint '" + entrypoint() + "' cannot be decoded: " + e, e);
        }
    }

    @Override
    public String toString() {
        return "job " + id + " of entrypoint '" + entrypoint() + "'"
                + job.payload().map(bytes -> " (" + new String(bytes, StandardCharsets.UTF_8) + ")").orElse("");
    }
}
