package io.pgqueuer.java;

import java.time.Instant;
import java.util.Map;

/** A failure as the log stores it. Implemented by this library only; methods may be added. */
public interface FailureRecord {
    /** The job's id. */
    long jobId();

    /** When it failed, by the worker's clock. */
    Instant timestamp();

    /** The name of the exception's class. */
    String type();

    /** The exception's message; an empty text if it had none. */
    String message();

    /** The stack trace as text. */
    String stackTrace();

    /**
     * More facts: {@code entrypoint} and {@code queue_manager_id} (the worker); of a retry also {@code attempt},
     * {@code retry_delay} (seconds) and {@code reason}. A value that is not text is given as its JSON. The map cannot
     * be changed.
     */
    Map<String, String> context();
}
