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
     * {@link IllegalStateException} and does not run the handler. If this method returns without calling {@code next}, the
     * job ends as succeeded and its handler does not run.
     *
     * @throws Exception counts as thrown by the handler.
     */
    void intercept(JobContext context, Next next) throws Exception;

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
