package io.pgqueuer.java;

import java.util.concurrent.CompletionStage;

/**
 * Wraps the handlers of a worker, blocking and async ones alike: for tracing, metrics, logging context. Set it with
 * {@link WorkerBuilder#intercept}.
 *
 * <pre>{@code
 * (context, next) -> {
 *     var timer = timers.start(context.job().entrypoint());
 *     return next.proceed().whenComplete((value, failure) -> timer.stop());
 * }
 * }</pre>
 */
@FunctionalInterface
public interface JobInterceptor {
    /**
     * Starts around each attempt, which ends when the returned stage ends. The entrypoint's timeout does not include
     * the time that interceptors take.
     *
     * <p>Call {@code next} at most once, and before the returned stage ends. Any other call returns a failed stage and
     * does not run the handler. If {@code next} is not called, the job ends as the returned stage does and its handler
     * does not run. When the run is cancelled, all its stages are cancelled, that of the handler first.
     *
     * <p>A blocking handler runs inside {@code next.proceed()}, which returns a stage that has ended. Call it on the
     * thread that calls this method, so that the handler sees what the interceptor has set on the thread, and is
     * interrupted when the run is cancelled. An async handler only starts inside it.
     *
     * @throws Exception counts as thrown by the handler.
     */
    CompletionStage<?> intercept(JobContext context, Next next) throws Exception;

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
        /** Starts it. If it throws, the returned stage fails with that exception. */
        CompletionStage<?> proceed();
    }
}
