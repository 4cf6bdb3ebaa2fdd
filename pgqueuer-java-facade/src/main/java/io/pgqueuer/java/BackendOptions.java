package io.pgqueuer.java;

import io.pgqueuer.BackendExtension;

/**
 * The options of a backend: {@code Backend.postgres(dataSource, options -> options.maxPayloadBytes(1_000_000))}.
 *
 * <p>Each method sets one option and returns this object. Options can be set only until the backend is made; after
 * that, each method throws {@link IllegalStateException}.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface BackendOptions {
    /**
     * Sets the largest payload in bytes; the enqueue of a larger one fails with an {@link IllegalArgumentException}. At
     * least 0, default 16 MiB.
     */
    BackendOptions maxPayloadBytes(int maxPayloadBytes);

    /**
     * Passes each job through {@code interceptor} before it is stored, after the interceptors that were added before.
     */
    BackendOptions interceptEnqueue(EnqueueInterceptor interceptor);

    /** Adds {@code extension}, which a library provides, to the backend, inside those that were added before. */
    BackendOptions install(BackendExtension extension);

    /** Passes the events of all workers of this backend on to {@code observer}. */
    BackendOptions observe(WorkerObserver observer);

    /**
     * Sets what the name of each database object starts with; default: the prefix of the {@link PostgresSettings} if
     * they were given, otherwise none. A queue in memory ignores it.
     */
    BackendOptions prefix(String prefix);

    /**
     * Sets the database schema in which the queue is; default: the schema of the {@link PostgresSettings} if they were
     * given, otherwise the search path of the connections. A queue in memory ignores it.
     */
    BackendOptions schema(String schema);
}
