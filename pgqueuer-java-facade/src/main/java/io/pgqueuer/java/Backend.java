package io.pgqueuer.java;

import io.pgqueuer.java.internal.JavaBackendKt;
import java.time.Clock;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * A queue in one store: in PostgreSQL, or in the memory of this process.
 *
 * <pre>{@code
 * try (Backend backend = Backend.postgres(dataSource)) {
 *     long id = backend.queue().enqueue("fetch", payload).join();
 * }
 * }</pre>
 *
 * <p>Share one backend among all producers and workers of a process. It can be used by many threads at once. Close it
 * when the process ends.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface Backend extends AutoCloseable {
    /**
     * Makes a queue in the PostgreSQL database that {@code dsn} names; see {@link PostgresSettings#parse}.
     *
     * @throws IllegalArgumentException naming the part of {@code dsn} that is wrong.
     */
    static Backend postgres(String dsn) {
        return postgres(PostgresSettings.parse(dsn));
    }

    /** Makes a queue in the PostgreSQL database that {@code settings} name, with the default options. */
    static Backend postgres(PostgresSettings settings) {
        return postgres(settings, options -> {});
    }

    /**
     * Makes a queue in the PostgreSQL database that {@code settings} name.
     *
     * <p>It connects when it is first used. It has a small connection pool of its own, and one more connection while
     * anybody listens: workers and {@linkplain CompletionWatcher watchers} share it. Closing the backend closes them.
     *
     * @param options sets the options of the backend, such as {@code options -> options.maxPayloadBytes(1_000_000)}.
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    static Backend postgres(PostgresSettings settings, Consumer<BackendOptions> options) {
        return JavaBackendKt.postgres(settings, options);
    }

    /**
     * Makes a queue in the PostgreSQL database of {@code dataSource}, with the default options: without a prefix, in
     * the search path of the connections. Otherwise behaves like {@link #postgres(DataSource, Consumer)}.
     */
    static Backend postgres(DataSource dataSource) {
        return postgres(dataSource, options -> {});
    }

    /**
     * Makes a queue in the PostgreSQL database of {@code dataSource}. Closing the backend does not close the data
     * source.
     *
     * <p>If the data source is a HikariCP pool, or wraps one, its connections are used for what the application does:
     * enqueue, cancel and the like. Workers use a second pool of four connections with the same configuration, and
     * those who listen share one more connection. So handlers that hold every connection of the application's pool cannot
     * keep workers from renewing their leases.
     *
     * <p>Any other data source is used for everything. It must have four connections to spare for workers, and one more
     * for those who listen. Configure a timeout for opening a connection, and for waiting for one.
     *
     * @param options sets the options of the backend, such as
     *     {@code options -> options.prefix("app_").schema("jobs")}.
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    static Backend postgres(DataSource dataSource, Consumer<BackendOptions> options) {
        return JavaBackendKt.postgres(dataSource, options);
    }

    /**
     * Makes a queue in memory with the system's clock and the default options; see {@link #inMemory(Clock, Consumer)}.
     */
    static InMemoryBackend inMemory() {
        return inMemory(options -> {});
    }

    /** Makes a queue in memory with the system's clock; see {@link #inMemory(Clock, Consumer)}. */
    static InMemoryBackend inMemory(Consumer<BackendOptions> options) {
        return JavaBackendKt.inMemory(options);
    }

    /** Makes a queue in memory with the default options; see {@link #inMemory(Clock, Consumer)}. */
    static InMemoryBackend inMemory(Clock clock) {
        return inMemory(clock, options -> {});
    }

    /**
     * Makes a queue in the memory of this process, for tests and for work that may be lost.
     *
     * <p>It behaves as PostgreSQL does and needs no installation. Its jobs are lost when the process ends, and no other
     * process sees them.
     *
     * @param clock decides when jobs are due and when leases expire.
     * @param options sets the options of the backend.
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    static InMemoryBackend inMemory(Clock clock, Consumer<BackendOptions> options) {
        return JavaBackendKt.inMemory(clock, options);
    }

    /** Returns the queue, for producers: enqueue, cancel, requeue, clear. */
    JobQueue queue();

    /** Returns read-only views of the queue and its log. */
    Insights insights();

    /** Returns the schedules that workers have registered. */
    Schedules schedules();

    /** Returns what installs, upgrades and checks the queue's objects in the store. */
    SchemaManager schema();

    /** Starts to build a worker. It does nothing until {@link Worker#start()} is called. */
    WorkerBuilder worker();

    /** Makes a watcher with the default options; see {@link #completionWatcher(Consumer)}. */
    default CompletionWatcher completionWatcher() {
        return completionWatcher(options -> {});
    }

    /**
     * Makes a watcher that waits for jobs to end, wherever they run.
     *
     * <p>Share one watcher among all who wait: it has one connection that listens, and looks up all jobs in one query.
     * Close it when nobody waits any more; closing the backend closes it too.
     *
     * @param options sets how it looks for ends.
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    CompletionWatcher completionWatcher(Consumer<WatcherOptions> options);

    /**
     * Shuts down the workers of this backend, all at the same time, and waits for them as {@link Worker#close()} does.
     * Then cancels all futures that are not complete, and closes the connections that the backend opened.
     *
     * <p>From then on its futures fail with a {@link io.pgqueuer.StoreClosedException}. A second call does nothing. A
     * handler must not call it: the handler would wait for itself.
     */
    @Override
    void close();
}
