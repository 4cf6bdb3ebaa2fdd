package io.pgqueuer.java;

/**
 * Sees each job before it is stored, and may change it: for tracing headers, tenants, defaults. Set it with
 * {@link BackendOptions#interceptEnqueue}.
 *
 * <pre>{@code
 * job -> job.with(copy -> copy.header("tenant", currentTenant()))
 * }</pre>
 *
 * <p>It sees every job, in whatever way it is enqueued: by itself, in a list, in a transaction of the caller's, or by a
 * handler. It runs on the thread that enqueues, before any SQL, and must not block. Many threads call it at once.
 */
@FunctionalInterface
public interface EnqueueInterceptor {
    /**
     * Returns the job to store: {@code job} itself or a changed copy.
     *
     * <p>If it throws, the enqueue fails with that exception and nothing is stored.
     */
    NewJob intercept(NewJob job);
}
