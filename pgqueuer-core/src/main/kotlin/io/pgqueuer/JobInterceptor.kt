package io.pgqueuer

/**
 * Wraps the run of a handler: for tracing, metrics, logging context, deduplication.
 *
 * Interceptors run in the order of their registration, the first outermost, around each attempt. One that does not
 * call `next` ends the job as succeeded without running it; what it throws counts as thrown by the handler.
 */
public fun interface JobInterceptor {
    public suspend fun intercept(context: JobContext, next: suspend () -> Unit)
}
