package io.pgqueuer.java;

import io.pgqueuer.java.internal.EntrypointSettings;
import java.time.Duration;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects how the jobs of one entrypoint are run, up to its handler. Made by {@link WorkerBuilder#entrypoint}.
 *
 * @param <B> the blocking form of its handler.
 * @param <A> the async form of its handler.
 */
public final class EntrypointBuilder<B, A> {
    private final WorkerBuilder worker;
    private final BiConsumer<EntrypointSettings, B> blocking;
    private final BiConsumer<EntrypointSettings, A> async;
    private int concurrencyLimit;
    private OnFailure onFailure = OnFailure.DELETE;
    private RetryPolicy retry = RetryPolicy.none();
    private @Nullable Duration timeout;

    EntrypointBuilder(
            WorkerBuilder worker, BiConsumer<EntrypointSettings, B> blocking, BiConsumer<EntrypointSettings, A> async) {
        this.worker = worker;
        this.blocking = blocking;
        this.async = async;
    }

    /** The most jobs of this entrypoint that run at once, over all workers; default 0: any number. */
    public EntrypointBuilder<B, A> concurrencyLimit(int concurrencyLimit) {
        this.concurrencyLimit = concurrencyLimit;
        return this;
    }

    /** What becomes of a job that failed for good; default {@link OnFailure#DELETE}. */
    public EntrypointBuilder<B, A> onFailure(OnFailure onFailure) {
        this.onFailure = onFailure;
        return this;
    }

    /** Which failures to retry, and when; default {@link RetryPolicy#none()}. */
    public EntrypointBuilder<B, A> retry(RetryPolicy retry) {
        this.retry = retry;
        return this;
    }

    /**
     * How long the handler may run; above zero, default without bound. It counts from the handler's first instruction:
     * neither the wait for a thread nor what interceptors do counts. When the time is up, the thread of a blocking
     * handler is interrupted, and the stage of an async handler is cancelled; the job fails with a
     * {@link io.pgqueuer.JobTimeoutException}, which the policy may retry. So does a job whose handler ignores
     * that and ends later, however it ends.
     */
    public EntrypointBuilder<B, A> timeout(Duration timeout) {
        this.timeout = timeout;
        return this;
    }

    /**
     * Runs {@code handler} for each job, on a virtual thread if the JVM has them (from Java 21), otherwise on one of at
     * most 64 threads that all workers of the process share. The thread is not interrupted at the start of a handler,
     * whatever the handler before it left.
     *
     * @return the builder of the worker, to go on with.
     * @throws IllegalArgumentException if the name is blank or taken, or a value is out of its bounds.
     */
    public WorkerBuilder handle(B handler) {
        blocking.accept(settings(), handler);
        return worker;
    }

    /**
     * Calls {@code handler} for each job, and waits for its stage without a thread.
     *
     * @return the builder of the worker, to go on with.
     * @throws IllegalArgumentException if the name is blank or taken, or a value is out of its bounds.
     */
    public WorkerBuilder handleAsync(A handler) {
        async.accept(settings(), handler);
        return worker;
    }

    private EntrypointSettings settings() {
        return new EntrypointSettings(concurrencyLimit, onFailure, retry, timeout);
    }
}
