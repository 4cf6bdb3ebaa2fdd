package io.pgqueuer.java;

import java.util.concurrent.CompletionStage;

/**
 * Starts the work of a schedule, and returns a stage that ends when the work is done. It should not block its thread.
 */
@FunctionalInterface
public interface AsyncScheduleHandler {
    /**
     * Starts the work, every time the schedule is due. Handlers must be idempotent: the run of a crashed worker is
     * taken over by another one.
     *
     * <p>The stage is cancelled when the lease of the run is lost or the worker stops.
     *
     * @throws Exception is logged, as is what the stage fails with. The schedule then waits for its next time.
     */
    CompletionStage<?> handle(ScheduleContext context) throws Exception;
}
