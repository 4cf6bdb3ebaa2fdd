package io.pgqueuer.java;

/** When a run of a worker ends. */
public enum RunMode {
    /** When it is cancelled or shut down. */
    CONTINUOUS,

    /**
     * When no job of its entrypoints is queued and every handler of this worker has ended.
     *
     * <p>Jobs that are not due yet count as queued: the worker waits for them. It also waits for jobs that will be
     * retried: with the default {@link RetryPolicy}, a job that keeps failing takes about half an hour. Jobs that other
     * workers run do not count.
     */
    DRAIN
}
