package io.pgqueuer.spring;

import io.pgqueuer.java.SchemaMode;
import io.pgqueuer.java.Severity;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The properties of the queue and its worker.
 *
 * @param enabled Whether to configure the queue.
 * @param dsn Connection string of the queue's database, as libpq reads it. By default, the application's DataSource is
 *     used.
 * @param prefix What the name of each database object of the queue starts with. Empty by default.
 * @param schema Database schema of the queue. By default, the search path of the connections.
 * @param schemaMode What to do about the queue's tables at the start.
 * @param maxPayloadSize Largest payload that can be enqueued.
 * @param worker The worker of this application.
 * @param metrics Metrics of the queue and its worker.
 * @param tracing Tracing of jobs.
 * @param health The health of the queue.
 * @param dashboard The web dashboard.
 */
@ConfigurationProperties("pgqueuer")
public record PgQueuerProperties(
        @DefaultValue("true") boolean enabled,
        @Nullable String dsn,
        @Nullable String prefix,
        @Nullable String schema,
        @DefaultValue("validate") SchemaMode schemaMode,
        @DefaultValue("16MB") DataSize maxPayloadSize,
        @DefaultValue Worker worker,
        @DefaultValue Metrics metrics,
        @DefaultValue Tracing tracing,
        @DefaultValue Health health,
        @DefaultValue Dashboard dashboard) {
    /**
     * How the worker runs.
     *
     * @param enabled Whether to run a worker in this application. It needs handlers.
     * @param batchSize Most jobs that one claim leases. By default, it follows the load.
     * @param maxConcurrentTasks Most handlers that run at once in this worker. By default 1000, or with blocking handlers
     *     256 on virtual threads and 64 otherwise.
     * @param prefetch How many jobs beyond max-concurrent-tasks the worker may claim ahead.
     * @param dequeueTimeout How often an idle worker polls the queue if no notification arrives.
     * @param heartbeatTimeout How long a lease lasts if it is not renewed. All workers of a queue should agree on it.
     * @param maxRescues How often in a row the lease of a job may expire before the job is held.
     * @param shutdownTimeout How long handlers may run on after a stop, before they are cancelled and their jobs given
     *     back. By default 5s less than spring.lifecycle.timeout-per-shutdown-phase.
     * @param listen Whether the worker listens for notifications. Turn it off behind a pooler in transaction mode; it then
     *     polls every dequeue-timeout.
     * @param shutdownOnListenerFailure Whether the worker stops when its notifications fail. Otherwise, it reconnects and
     *     polls in the meantime.
     * @param restartOnFailure Whether the worker starts again when its run fails. It waits 1s, then longer and longer, at
     *     most 30s.
     * @param logAggregationInterval How often the log is counted into the statistics. 0 turns it off; log entries are
     *     then never deleted, either.
     * @param logRetention How long log entries are kept. By default, for ever.
     * @param vacuumEvery After how many ended jobs the queue is vacuumed. 0 turns it off.
     * @param retrySeverity At which severity a run that failed and is retried is logged.
     * @param failureSeverity At which severity a job that failed for good is logged.
     */
    public record Worker(
            @DefaultValue("true") boolean enabled,
            @Nullable Integer batchSize,
            @Nullable Integer maxConcurrentTasks,
            @DefaultValue("0") int prefetch,
            @DefaultValue("30s") Duration dequeueTimeout,
            @DefaultValue("30s") Duration heartbeatTimeout,
            @DefaultValue("3") int maxRescues,
            @Nullable Duration shutdownTimeout,
            @DefaultValue("true") boolean listen,
            @DefaultValue("false") boolean shutdownOnListenerFailure,
            @DefaultValue("true") boolean restartOnFailure,
            @DefaultValue("30s") Duration logAggregationInterval,
            @Nullable Duration logRetention,
            @DefaultValue("100000") int vacuumEvery,
            @DefaultValue("warn") Severity retrySeverity,
            @DefaultValue("error") Severity failureSeverity) {}

    /**
     * Metrics, if pgqueuer-micrometer and a registry are there.
     *
     * @param enabled Whether to measure the queue and its worker.
     * @param interval How often the gauges read the queue.
     */
    public record Metrics(@DefaultValue("true") boolean enabled, @DefaultValue("10s") Duration interval) {}

    /**
     * Tracing, if pgqueuer-opentelemetry and an OpenTelemetry are there.
     *
     * @param enabled Whether to trace jobs.
     */
    public record Tracing(@DefaultValue("true") boolean enabled) {}

    /**
     * Health, if Actuator is there.
     *
     * @param readiness Whether the queue is a part of the readiness group, unless that lists its members itself.
     * @param timeout How long the check of the worker's notifications, or of the queue, may take.
     * @param maxOverdue How long a job may be due before the health is DOWN. By default, it is not checked.
     */
    public record Health(
            @DefaultValue("true") boolean readiness,
            @DefaultValue("3s") Duration timeout,
            @Nullable Duration maxOverdue) {}

    /**
     * The dashboard, if pgqueuer-web is there and the application is on servlets.
     *
     * @param enabled Whether to serve the web dashboard.
     * @param path Where to serve it.
     */
    public record Dashboard(@DefaultValue("false") boolean enabled, @DefaultValue("/pgqueuer") String path) {}
}
