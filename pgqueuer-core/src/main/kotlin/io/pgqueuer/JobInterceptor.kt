package io.pgqueuer

/**
 * Wraps the runs of handlers, for tracing, metrics, logging context or deduplication. It works in the same way around
 * suspending and blocking handlers, and around those of Java.
 *
 * ```
 * intercept { context, next ->
 *     log.info("attempt {} of job {}, due for {}", context.attempt, context.job.id, context.waited)
 *     next()
 * }
 * ```
 *
 * Interceptors run in the order of their registration, the first one outermost, around each run. They are outside the
 * entrypoint's timeout, which covers the handler alone.
 */
public fun interface JobInterceptor {
    /**
     * Runs the handler by calling [next].
     *
     * What this function throws counts as thrown by the handler. If it catches the handler's exception and returns, or
     * does not call [next], the job has succeeded. It cannot catch the cancellation of the job: a job whose handler was
     * cancelled has not succeeded, whatever this function does.
     *
     * Call [next] at most once, and before returning. Any other call throws [IllegalStateException] and does not run the
     * handler.
     */
    public suspend fun intercept(context: JobContext, next: suspend () -> Unit)

    /**
     * Called once after each run, with how it ended: retried or not, held or deleted, canceled. The default does
     * nothing.
     *
     * The outcome is decided and not written yet; the store can still refuse it if the lease is lost. [WorkerEvent.JobEnded]
     * tells what was written. Interceptors are called in reverse order. What this function throws is logged and changes
     * nothing.
     */
    public fun onOutcome(context: JobContext, outcome: JobOutcome) {}
}
