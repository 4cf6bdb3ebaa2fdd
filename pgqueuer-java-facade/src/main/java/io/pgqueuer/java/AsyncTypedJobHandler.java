package io.pgqueuer.java;

import java.util.concurrent.CompletionStage;

/**
 * Starts the work of a job with its decoded value.
 *
 * @param <T> the type of the value.
 */
@FunctionalInterface
public interface AsyncTypedJobHandler<T> {
    /** Starts the work, as {@link AsyncJobHandler#handle} does. */
    CompletionStage<?> handle(T value, JobRun run) throws Exception;
}
