package io.pgqueuer.java;

import java.util.concurrent.CompletionStage;

/** Starts the work of a job, and returns a stage that ends when the work is done. It should not block its thread. */
@FunctionalInterface
public interface AsyncJobHandler {
    /**
     * Starts the work. The job is completed when the stage completes normally, whatever its value.
     *
     * <p>Delivery is at-least-once. Handlers must be idempotent: a job can run more than once.
     *
     * <p>When the job is canceled, its lease is lost, its time is up, or the worker stops, the stage is cancelled by
     * {@code toCompletableFuture().cancel(true)}, and the worker does not wait for it.
     *
     * @throws Exception fails the job, as a stage does that fails with it. A {@link RetryRequested} retries the job.
     */
    CompletionStage<?> handle(JobContext context) throws Exception;
}
