package io.pgqueuer.java;

import io.pgqueuer.java.internal.ClientBridge;
import java.time.Clock;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A queue, to produce to and to work on. One per process will do; it is safe for use by many threads at once.
 *
 * <p>On PostgreSQL it connects when it is first used, with a small pool, one connection more for each worker that runs,
 * and one for those who await completions.
 */
public final class PgQueuerClient implements AutoCloseable {
    private final ClientBridge bridge;

    private PgQueuerClient(ClientBridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Makes a queue in this process's memory, for tests and for work that may be lost. It behaves as PostgreSQL does
     * and needs no installation; nothing of it outlives the process.
     */
    public static PgQueuerClient inMemory() {
        return new PgQueuerClient(ClientBridge.inMemory(null));
    }

    /** Makes a queue in memory whose due times and leases {@code clock} decides. */
    public static PgQueuerClient inMemory(Clock clock) {
        return new PgQueuerClient(ClientBridge.inMemory(clock));
    }

    /**
     * Makes a queue in the PostgreSQL that {@code dsn} names, as {@link PostgresSettings#parse} reads it.
     *
     * @throws IllegalArgumentException naming the part that is wrong.
     */
    public static PgQueuerClient postgres(String dsn) {
        return postgres(PostgresSettings.parse(dsn));
    }

    /** Makes a queue in the PostgreSQL that {@code settings} name. */
    public static PgQueuerClient postgres(PostgresSettings settings) {
        return new PgQueuerClient(ClientBridge.postgres(settings.core()));
    }

    /** Makes a queue without a prefix, in the search path, as {@link #postgres(DataSource, String, String)} does. */
    public static PgQueuerClient postgres(DataSource dataSource) {
        return postgres(dataSource, "", null);
    }

    /**
     * Makes a queue in the PostgreSQL of {@code dataSource}, which the caller goes on owning: closing the client leaves
     * it open.
     *
     * <p>Where it is a HikariCP pool, or wraps one, it serves what the application does; what workers do runs on
     * connections beside it, made with the same configuration. Any other data source serves for everything: it must
     * spare three connections for workers, and one more for as long as each of them runs.
     *
     * @param prefix goes in front of every name in the database; empty for none.
     * @param schema where the queue is; null for the search path of the connections.
     * @throws IllegalArgumentException if {@code prefix} or {@code schema} is not a plain identifier.
     */
    public static PgQueuerClient postgres(DataSource dataSource, String prefix, @Nullable String schema) {
        return new PgQueuerClient(ClientBridge.postgres(dataSource, prefix, schema));
    }

    /** Enqueues, cancels and requeues jobs. */
    public JobQueue queue() {
        return bridge.getQueue();
    }

    /**
     * The queue for many threads that each enqueue one job at a time: jobs that are enqueued at the same time are joined
     * into one statement, with one commit and one notification for all of them.
     *
     * <p>Futures complete once their job is committed, as ever, and a failure is its own: a duplicate among others is
     * refused alone. While one statement is on its way, further jobs gather for the next; a lone job waits for nothing.
     * A list of jobs stays a statement of its own, and so does what is enqueued on a caller's connection, for which
     * {@link #queue()} is to be used.
     */
    public JobQueue coalescingQueue() {
        return bridge.getCoalescingQueue();
    }

    /** Reads the queue and its log. */
    public Insights insights() {
        return bridge.getInsights();
    }

    /** Lists and removes schedules. */
    public Schedules schedules() {
        return bridge.getSchedules();
    }

    /** Installs what the queue needs, checks it, removes it. */
    public Schema schema() {
        return bridge.getSchema();
    }

    /** Starts a worker on this queue. */
    public WorkerBuilder worker() {
        return new WorkerBuilder(bridge.draft());
    }

    /**
     * Waits for the job {@code id} to end, wherever it runs.
     *
     * <p>All who wait share one connection and one query. A held job has not ended: its end is waited for until it is
     * requeued and ends, or is cleared. Of a job that never was, or whose log was pruned (see
     * {@link RunOptions#logRetention()}), nothing is ever heard: use {@link CompletableFuture#orTimeout} where that may
     * be.
     *
     * @return a {@linkplain JobStatus#isTerminal() terminal} status.
     */
    public CompletableFuture<JobStatus> awaitCompletion(long id) {
        return bridge.awaitCompletion(id);
    }

    /** Waits for all of {@code ids} to end, as {@link #awaitCompletion} does for one. */
    public CompletableFuture<Map<Long, JobStatus>> awaitAll(Collection<Long> ids) {
        return bridge.awaitAll(ids);
    }

    /**
     * Waits for the first of {@code ids} to end, as {@link #awaitCompletion} does for one.
     *
     * @return fails with an {@link IllegalArgumentException} if {@code ids} is empty.
     */
    public CompletableFuture<EndedJob> awaitFirst(Collection<Long> ids) {
        return bridge.awaitFirst(ids);
    }

    /**
     * Shuts its workers down, all at once, and waits for them as {@link Worker#close()} does; then cancels every future
     * that is not complete, and closes its connections. From then on its futures fail with an
     * {@link IllegalStateException}. A second call does nothing. Not to be called by a handler.
     */
    @Override
    public void close() {
        bridge.close();
    }
}
