package io.pgqueuer.java;

/** Until when a worker runs. */
public enum RunMode {
    /** Until it is shut down or cancelled. */
    CONTINUOUS,

    /**
     * Until no job of its entrypoints is queued and every handler of this worker has ended.
     *
     * <p>Jobs that are not due yet count as queued: the worker waits for them. Jobs that other workers run do not.
     */
    DRAIN
}
