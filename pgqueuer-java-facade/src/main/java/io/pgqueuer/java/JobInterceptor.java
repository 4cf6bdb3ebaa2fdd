package io.pgqueuer.java;

/**
 * Wraps the blocking handlers of a worker, on their threads: for tracing, metrics, logging context. Set it with
 * {@link WorkerBuilder#intercept}.
 *
 * <pre>{@code
 * (context, next) -> {
 *     try (var timer = timers.start(context.job().entrypoint())) {
 *         next.proceed();
 *     }
 * }
 * }</pre>
 */
@FunctionalInterface
public interface JobInterceptor {
    /**
     * Runs around each attempt. The entrypoint's timeout does not include the time that interceptors take.
     *
     * <p>Call {@code next} at most once, and before this method returns. Any other call throws an
     * {@link IllegalStateException} and does not run the handler. If this method returns without calling {@code next},
     * the job ends as succeeded and its handler does not run.
     *
     * @throws Exception counts as thrown by the handler.
     */
    void intercept(JobContext context, Next next) throws Exception;

    /**
     * Called once after each run, with how it ended: retried or not, held or deleted, canceled. The default does
     * nothing.
     *
     * <p>It is also called for a run in which {@link #intercept} was not called, for example because the payload could
     * not be decoded. {@code context} equals the one that {@code intercept} got in the same run.
     *
     * <p>The outcome is decided and not written yet: the store can still refuse it if the lease is lost.
     * {@link WorkerEvent.JobEnded} reports what was written. Interceptors are called in reverse order, and must not
     * block. What this method throws is logged and changes nothing.
     */
    default void onOutcome(JobContext context, JobOutcome outcome) {}

    /** What an interceptor wraps: the next interceptor, or the handler. */
    interface Next {
        /**
         * Runs it, and returns when it has ended.
         *
         * @throws Exception what it throws.
         */
        void proceed() throws Exception;
    }
}
