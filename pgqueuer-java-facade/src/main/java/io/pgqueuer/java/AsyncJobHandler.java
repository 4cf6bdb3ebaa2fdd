package io.pgqueuer.java;

import java.util.concurrent.CompletionStage;

/** Starts the work of a job, and tells by a stage when it is done. It should not block its thread, which others share. */
@FunctionalInterface
public interface AsyncJobHandler {
    /**
     * Starts the work. The stage's normal end completes the job, whatever its value.
     *
     * <p>The stage is cancelled, as {@code toCompletableFuture().cancel(true)} does, when the job is canceled, its
     * lease is lost, its time is up, or the worker stops; the job is then not waited for.
     *
     * @throws Exception the job's failure, or {@link RetryRequested}, as if the stage had failed with it.
     */
    CompletionStage<?> handle(JobRun run) throws Exception;
}
