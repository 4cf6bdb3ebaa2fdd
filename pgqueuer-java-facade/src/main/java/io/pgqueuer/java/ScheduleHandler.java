package io.pgqueuer.java;

/** Does the work of a schedule on the calling thread, and may block it. */
@FunctionalInterface
public interface ScheduleHandler {
    /**
     * Does the work, every time the schedule is due. Handlers must be idempotent: the run of a crashed worker is
     * taken over by another one.
     *
     * <p>The thread is interrupted when the lease of the run is lost or the worker stops.
     *
     * @throws Exception is logged. The schedule then waits for its next time.
     */
    void handle(ScheduleContext context) throws Exception;
}
