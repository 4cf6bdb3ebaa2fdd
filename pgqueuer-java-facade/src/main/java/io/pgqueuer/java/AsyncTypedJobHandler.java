package io.pgqueuer.java;

import java.util.concurrent.CompletionStage;

/**
 * Starts the work of a job with its decoded value. Otherwise behaves like {@link AsyncJobHandler}.
 *
 * @param <T> the type of the value.
 */
@FunctionalInterface
public interface AsyncTypedJobHandler<T> {
    /**
     * Starts the work.
     *
     * @throws Exception fails the job, as with {@link AsyncJobHandler#handle}.
     */
    CompletionStage<?> handle(T value, JobContext context) throws Exception;
}
