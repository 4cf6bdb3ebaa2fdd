package io.pgqueuer.java;

/**
 * How a run of a schedule ended.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface ScheduleOutcome {
    /** The run ended well. */
    interface Succeeded extends ScheduleOutcome {}

    /** The handler threw an exception. The schedule waits for its next time. */
    interface Failed extends ScheduleOutcome {
        /** What the handler threw. Its methods may throw. */
        Throwable exception();
    }

    /** The run was given back unfinished, for example because its worker stops. */
    interface Released extends ScheduleOutcome {}

    /** The lease was lost: another worker may have the run, and nothing was written for this one. */
    interface LeaseLost extends ScheduleOutcome {}
}
