package io.pgqueuer.java;

import io.pgqueuer.java.internal.WorkerDraft;

/**
 * Collects what a worker serves; each registration is checked at once. Made by {@link PgQueuerClient#worker()}.
 *
 * <pre>{@code
 * Worker worker = client.worker()
 *         .entrypoint("fetch").handle(run -> fetch(run.payload()))
 *         .entrypoint(SEND_RECEIPT).concurrencyLimit(5).handle((receipt, run) -> send(receipt))
 *         .schedule("nightly", "0 2 * * *").handle(run -> run.queue().enqueue("report").join())
 *         .build();
 * }</pre>
 *
 * <p>A worker claims only entrypoints that it has registered. Handlers use what they capture; they must be safe for use
 * by many threads at once.
 */
public final class WorkerBuilder {
    private final WorkerDraft draft;

    WorkerBuilder(WorkerDraft draft) {
        this.draft = draft;
    }

    /** Starts an entrypoint, which its handler completes. */
    public EntrypointBuilder<JobHandler, AsyncJobHandler> entrypoint(String name) {
        return new EntrypointBuilder<>(
                this,
                (settings, handler) -> draft.blocking(name, settings, handler),
                (settings, handler) -> draft.async(name, settings, handler));
    }

    /**
     * Starts an entrypoint whose handler gets decoded values. A payload that cannot be decoded fails its job for good,
     * without a retry, and does not come to its interceptors.
     */
    public <T> EntrypointBuilder<TypedJobHandler<T>, AsyncTypedJobHandler<T>> entrypoint(JobType<T> type) {
        return new EntrypointBuilder<>(
                this,
                (settings, handler) -> draft.blocking(type, settings, handler),
                (settings, handler) -> draft.async(type, settings, handler));
    }

    /**
     * Starts a schedule, which its handler completes.
     *
     * @param name with the expression its identity in the store; one name may have several expressions.
     * @param expression minute, hour, day of month, month, day of week and, if there are six, second: lists of values,
     *     ranges, steps and names, {@code L} and {@code #}; or a nickname as {@code @hourly}.
     */
    public ScheduleBuilder schedule(String name, String expression) {
        return new ScheduleBuilder(this, draft, name, expression);
    }

    /** Wraps every blocking handler of the worker, inside those interceptors that were added before it. */
    public WorkerBuilder intercept(JobInterceptor interceptor) {
        draft.intercept(interceptor);
        return this;
    }

    /** Wraps every async handler of the worker, inside those interceptors that were added before it. */
    public WorkerBuilder interceptAsync(AsyncJobInterceptor interceptor) {
        draft.intercept(interceptor);
        return this;
    }

    /** Makes the worker; it does nothing until it is {@linkplain Worker#start() started}. */
    public Worker build() {
        return draft.build();
    }
}
