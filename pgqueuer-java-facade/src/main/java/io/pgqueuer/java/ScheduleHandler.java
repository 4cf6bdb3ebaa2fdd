package io.pgqueuer.java;

/** Does the work of a schedule each time that it is due, and blocks its thread meanwhile. */
@FunctionalInterface
public interface ScheduleHandler {
    /**
     * Works. Its thread is interrupted when the run's lease is lost or the worker stops.
     *
     * @throws Exception is logged; the schedule then waits for its next time.
     */
    void handle(ScheduleRun run) throws Exception;
}
