package io.pgqueuer.java;

/**
 * Collects what a worker serves. Made by {@link Backend#worker()}. Each registration is checked at once.
 *
 * <pre>{@code
 * Worker worker = backend.worker()
 *         .entrypoint("fetch").handle(job -> fetch(job.payload()))
 *         .entrypoint(SEND_RECEIPT).concurrencyLimit(5).handle((receipt, job) -> send(receipt))
 *         .schedule("nightly", "0 2 * * *").handle(run -> run.queue().enqueue("report").join())
 *         .build();
 * }</pre>
 *
 * <p>A worker claims only jobs of the entrypoints that it has registered. Many threads call its handlers at once.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface WorkerBuilder {
    /** Starts an entrypoint; {@link EntrypointBuilder#handle} or {@link EntrypointBuilder#handleAsync} completes it. */
    EntrypointBuilder<JobHandler, AsyncJobHandler> entrypoint(String name);

    /**
     * Starts an entrypoint whose handler gets decoded values. A job whose payload cannot be decoded fails for good,
     * without a retry; its interceptors are only told the outcome.
     */
    <T> EntrypointBuilder<TypedJobHandler<T>, AsyncTypedJobHandler<T>> entrypoint(JobType<T> type);

    /**
     * Starts a schedule; {@link ScheduleBuilder#handle} or {@link ScheduleBuilder#handleAsync} completes it.
     *
     * @param name identifies the schedule in the store, together with the expression. One name may have several
     *     expressions.
     * @param expression a cron expression: minute, hour, day of month, month, day of week and, if there are six fields,
     *     second. Each field is a list of values, ranges, steps and names; {@code L} and {@code #} are known. Or a
     *     nickname such as {@code @hourly}.
     */
    ScheduleBuilder schedule(String name, String expression);

    /** Wraps every blocking handler of the worker in {@code interceptor}, inside those that were added before. */
    WorkerBuilder intercept(JobInterceptor interceptor);

    /** Wraps every async handler of the worker in {@code interceptor}, inside those that were added before. */
    WorkerBuilder interceptAsync(AsyncJobInterceptor interceptor);

    /** Passes the events of this worker on to {@code observer}. */
    WorkerBuilder observe(WorkerObserver observer);

    /** Makes the worker. It does nothing until {@link Worker#start()} is called. */
    Worker build();
}
