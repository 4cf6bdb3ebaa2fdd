package io.pgqueuer

/**
 * Sees every call that enqueues jobs, from its begin to its end: for tracing and metrics. A [BackendExtension] has one.
 *
 * It sees every call, however the jobs are enqueued: alone, in a batch, in a transaction of the caller's, from Java, or
 * by a handler. A batch is one call. Calls without jobs are left out.
 */
public fun interface EnqueueCallInterceptor {
    /**
     * Called before [jobs] are stored, on the caller's thread, after each of them has passed the [EnqueueInterceptor]s.
     *
     * If it throws, the enqueue throws the same and stores nothing.
     */
    public fun begin(jobs: List<NewJob>): EnqueueCall
}

/**
 * One call that enqueues jobs. Its end is told once: by [stored] or by [failed], on any thread. What these functions
 * throw is logged and changes nothing.
 */
public interface EnqueueCall {
    /** The jobs to store: those that the call began with, or changed copies of them in the same order. */
    public val jobs: List<NewJob>

    /**
     * The jobs are stored, and committed unless the call is in a transaction of the caller's.
     *
     * @param ids the result of the call: null for each job that was left out.
     */
    public fun stored(ids: List<JobId?>)

    /** The call throws [failure]. If it was cancelled, the jobs may or may not be stored; otherwise they are not. */
    public fun failed(failure: Throwable)
}
