package io.pgqueuer.java;

import java.time.Duration;

/**
 * Collects how a worker treats the jobs of one entrypoint, and its handler. Made by {@link WorkerBuilder#entrypoint}.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 *
 * @param <B> the type of a blocking handler.
 * @param <A> the type of an async handler.
 */
public interface EntrypointBuilder<B, A> {
    /** Sets the most jobs of this entrypoint that run at once, over all workers; at least 1, default: no limit. */
    EntrypointBuilder<B, A> concurrencyLimit(int concurrencyLimit);

    /** Sets no limit, whatever the worker's {@linkplain WorkerBuilder#defaults defaults} say. */
    EntrypointBuilder<B, A> noConcurrencyLimit();

    /**
     * Sets what becomes of a job that failed for good; default {@link OnFailure#HOLD}, so that it can be requeued once
     * its cause is removed.
     */
    EntrypointBuilder<B, A> onFailure(OnFailure onFailure);

    /**
     * Sets what becomes of a job whose payload cannot be decoded; default {@link OnFailure#HOLD}, so that it can be
     * requeued once a worker that understands it runs. It is never retried by policy.
     */
    EntrypointBuilder<B, A> onUndecodable(OnFailure onUndecodable);

    /**
     * Sets which failures are retried, and when; default {@link RetryPolicy#standard()}: five runs within half an hour.
     */
    EntrypointBuilder<B, A> retry(RetryPolicy retry);

    /**
     * Sets how long one run may take; more than 0, default: no limit.
     *
     * <p>The time counts from the handler's first instruction: neither the wait for a thread nor the time that
     * interceptors take counts. When the time is up, the thread of a blocking handler is interrupted and the stage of
     * an async handler is cancelled. The job fails with a {@link io.pgqueuer.JobTimeoutException}, which the retry
     * policy may retry. So does a job whose handler goes on and ends later, whatever it returns or throws then.
     */
    EntrypointBuilder<B, A> timeout(Duration timeout);

    /** Sets no timeout, whatever the worker's {@linkplain WorkerBuilder#defaults defaults} say. */
    EntrypointBuilder<B, A> noTimeout();

    /**
     * Runs {@code handler} for each job of the entrypoint: on a virtual thread if the JVM has them (from Java 21),
     * otherwise on one of at most 64 threads that all workers of the process share. A handler never starts on a thread
     * that is already interrupted.
     *
     * @return the builder of the worker, for the next registration.
     * @throws IllegalArgumentException if the name is blank or taken, or an option is out of its bounds.
     */
    WorkerBuilder handle(B handler);

    /**
     * Calls {@code handler} for each job of the entrypoint. While its stage is not complete, no thread waits.
     *
     * @return the builder of the worker, for the next registration.
     * @throws IllegalArgumentException if the name is blank or taken, or an option is out of its bounds.
     */
    WorkerBuilder handleAsync(A handler);
}
