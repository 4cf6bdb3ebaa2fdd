package io.pgqueuer.java;

import java.time.Instant;
import java.util.Map;

/**
 * What the log keeps of a failure.
 *
 * @param jobId the job's id.
 * @param timestamp when it failed, by the worker's clock.
 * @param type the name of the exception's class.
 * @param message the exception's message, empty where it had none.
 * @param stackTrace the stack trace as text.
 * @param context more facts, as entrypoint and worker, and of a retry its delay and reason; a value that is no text is
 *     given as its JSON.
 */
public record FailureRecord(
        long jobId, Instant timestamp, String type, String message, String stackTrace, Map<String, String> context) {

    /** Copies the context. */
    public FailureRecord {
        context = Map.copyOf(context);
    }
}
