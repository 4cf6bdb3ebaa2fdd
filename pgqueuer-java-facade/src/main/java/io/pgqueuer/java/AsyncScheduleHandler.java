package io.pgqueuer.java;

import java.util.concurrent.CompletionStage;

/** Starts the work of a schedule each time that it is due. Must not block its thread, which others share. */
@FunctionalInterface
public interface AsyncScheduleHandler {
    /**
     * Starts the work. The stage is cancelled when the run's lease is lost or the worker stops.
     *
     * @throws Exception is logged, as what the stage fails with is; the schedule then waits for its next time.
     */
    CompletionStage<?> handle(ScheduleRun run) throws Exception;
}
