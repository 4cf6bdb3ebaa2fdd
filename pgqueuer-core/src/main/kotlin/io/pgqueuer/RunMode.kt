package io.pgqueuer

/** Until when a worker runs. */
public enum class RunMode {
    /** Until it is cancelled or shut down. */
    CONTINUOUS,

    /**
     * Until no job of its entrypoints is queued and every handler of this worker has ended.
     *
     * Jobs that are not due yet count as queued: the worker waits for them. Jobs that other workers run do not.
     */
    DRAIN,
}
