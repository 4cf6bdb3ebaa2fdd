package io.pgqueuer.java;

import java.util.function.BiConsumer;
import java.util.function.Consumer;

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
     * Starts an entrypoint whose handler gets decoded values. A job whose payload cannot be decoded is not
     * retried (see {@link EntrypointBuilder#onUndecodable}); its interceptors are only told the outcome.
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

    /**
     * Sets options of all entrypoints of the worker, wherever it is called before {@link #build}. An option that an
     * entrypoint sets itself is the entrypoint's.
     *
     * <pre>{@code
     * backend.worker().defaults(all -> all.retry(RetryPolicy.none()).onFailure(OnFailure.DELETE))
     * }</pre>
     *
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    WorkerBuilder defaults(Consumer<EntrypointDefaults> options);

    /** Wraps every handler of the worker in {@code interceptor}, inside those that were added before. */
    WorkerBuilder intercept(JobInterceptor interceptor);

    /**
     * Calls {@code action} with each job that failed for good in this worker, and why, once it is held or deleted: to
     * alert somebody, or to undo what the job had begun.
     *
     * <p>It may block its thread, and is called for one job at a time; what it throws is logged. It is an observer, so
     * the same limits apply: see {@link WorkerObserver}. It is not called if this process dies before, nor for a job
     * that is held without a run: see {@link WorkerEvent.JobHeldByClaim}.
     */
    WorkerBuilder onGiveUp(BiConsumer<StoredJob, FailureRecord> action);

    /** Passes the events of this worker on to {@code observer}. */
    WorkerBuilder observe(WorkerObserver observer);

    /** Makes the worker. It does nothing until {@link Worker#start()} is called. */
    Worker build();
}
