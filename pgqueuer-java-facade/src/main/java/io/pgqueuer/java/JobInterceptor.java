package io.pgqueuer.java;

/**
 * Wraps the runs of a worker's blocking handlers, on their threads: for tracing, metrics, logging context.
 *
 * <pre>{@code
 * (run, next) -> {
 *     try (var timer = timers.start(run.job().entrypoint())) {
 *         next.proceed();
 *     }
 * }
 * }</pre>
 */
@FunctionalInterface
public interface JobInterceptor {
    /**
     * Runs around each attempt, outside the entrypoint's timeout. One that does not call {@code next} ends the job as
     * succeeded without running it. Call {@code next} at most once, and before returning: any other call throws an
     * {@link IllegalStateException} and does not run the handler.
     *
     * @throws Exception counts as thrown by the handler.
     */
    void intercept(JobRun run, Next next) throws Exception;

    /** What an interceptor wraps: the next interceptor, or the handler. */
    interface Next {
        /**
         * Runs it to its end.
         *
         * @throws Exception what it throws.
         */
        void proceed() throws Exception;
    }
}
