package io.pgqueuer

import io.pgqueuer.engine.running.run

/**
 * Wraps the run of a handler: for tracing, metrics, logging context, deduplication.
 *
 * Interceptors run in the order of their registration, the first outermost, around each attempt. They are outside the
 * entrypoint's timeout, which covers the handler alone.
 *
 * What an interceptor throws counts as thrown by the handler. One that catches the handler's exception and returns ends
 * the job as succeeded, as does one that does not call `next`. Call `next` at most once, and before returning: any other
 * call throws [IllegalStateException] and does not run the handler. A cancellation of the job cannot be caught: a job
 * whose handler was cancelled has not succeeded, whatever the interceptor does.
 */
public fun interface JobInterceptor {
    public suspend fun intercept(context: JobContext, next: suspend () -> Unit)
}
