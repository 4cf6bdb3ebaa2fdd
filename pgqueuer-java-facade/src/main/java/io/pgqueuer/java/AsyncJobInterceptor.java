package io.pgqueuer.java;

import java.util.concurrent.CompletionStage;

/**
 * Wraps the runs of a worker's async handlers: for tracing, metrics, logging context.
 *
 * <pre>{@code
 * (run, next) -> {
 *     var timer = timers.start(run.job().entrypoint());
 *     return next.proceed().whenComplete((value, failure) -> timer.stop());
 * }
 * }</pre>
 */
@FunctionalInterface
public interface AsyncJobInterceptor {
    /**
     * Starts around each attempt, whose end is that of the stage, outside the entrypoint's timeout. One that does not
     * call {@code next} ends the job without running it; a second call does not run the handler again, and returns a
     * failed stage. When the run is cancelled, all its stages are, that of the handler first.
     *
     * @throws Exception counts as thrown by the handler.
     */
    CompletionStage<?> intercept(JobRun run, Next next) throws Exception;

    /** What an interceptor wraps: the next interceptor, or the handler. */
    interface Next {
        /** Starts it; what it throws, the stage fails with. */
        CompletionStage<?> proceed();
    }
}
