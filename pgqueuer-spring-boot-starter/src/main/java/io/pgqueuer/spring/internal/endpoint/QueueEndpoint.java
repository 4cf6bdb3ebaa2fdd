package io.pgqueuer.spring.internal.endpoint;

import io.pgqueuer.java.ActiveWorker;
import io.pgqueuer.java.Backlog;
import io.pgqueuer.java.Insights;
import io.pgqueuer.java.JobQueue;
import io.pgqueuer.java.Pause;
import io.pgqueuer.java.Throughput;
import io.pgqueuer.spring.WorkerLifecycle;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.convert.DurationStyle;

/** The queue at {@code /actuator/pgqueuer}: what is in it, and pauses of single entrypoints. */
@Endpoint(id = "pgqueuer")
public final class QueueEndpoint {
    private static final Duration WINDOW = Duration.ofMinutes(5);
    private static final long PATIENCE_SECONDS = 15;

    private final Insights insights;
    private final JobQueue queue;
    private final WorkerLifecycle lifecycle;

    QueueEndpoint(Insights insights, JobQueue queue, WorkerLifecycle lifecycle) {
        this.insights = insights;
        this.queue = queue;
        this.lifecycle = lifecycle;
    }

    public record State(
            List<BacklogState> backlog,
            List<PauseState> pauses,
            List<ThroughputState> throughput,
            List<WorkerState> workers,
            LocalWorker worker) {}

    /** The concurrency limit is null if no worker has declared one. */
    public record BacklogState(
            String entrypoint,
            long queued,
            long due,
            long running,
            long held,
            Duration overdue,
            long slots,
            @Nullable Integer concurrencyLimit,
            boolean estimate) {
        static BacklogState of(Backlog each) {
            return new BacklogState(
                    each.entrypoint(),
                    each.queued(),
                    each.due(),
                    each.running(),
                    each.held(),
                    each.overdue(),
                    each.slots(),
                    each.concurrencyLimit().isPresent() ? each.concurrencyLimit().getAsInt() : null,
                    each.isEstimate());
        }
    }

    /** Without an entrypoint, the whole queue is paused. */
    public record PauseState(@Nullable String entrypoint, Instant since, @Nullable Instant until, @Nullable String reason) {
        static PauseState of(Pause each) {
            return new PauseState(
                    each.entrypoint().orElse(null),
                    each.since(),
                    each.until().orElse(null),
                    each.reason().orElse(null));
        }
    }

    /** Within the last five minutes. */
    public record ThroughputState(String entrypoint, String status, long count, boolean estimate) {
        static ThroughputState of(Throughput each) {
            return new ThroughputState(
                    each.entrypoint(),
                    each.status().name().toLowerCase(Locale.ROOT),
                    each.count(),
                    each.isEstimate());
        }
    }

    /** A worker of any process that holds jobs. */
    public record WorkerState(UUID id, long jobs, Duration heartbeatAge) {
        static WorkerState of(ActiveWorker each) {
            return new WorkerState(each.id(), each.jobs(), each.heartbeatAge());
        }
    }

    /** The worker of this application. */
    public record LocalWorker(boolean running, List<String> entrypoints) {}

    @ReadOperation
    public State state() throws Exception {
        var backlog = insights.backlog();
        var pauses = insights.pauses();
        var throughput = insights.throughput(WINDOW);
        var workers = insights.activeWorkers();
        return new State(
                get(backlog).stream().map(BacklogState::of).toList(),
                get(pauses).stream().map(PauseState::of).toList(),
                get(throughput).stream().map(ThroughputState::of).toList(),
                get(workers).stream().map(WorkerState::of).toList(),
                new LocalWorker(lifecycle.isRunning(), lifecycle.entrypoints()));
    }

    /**
     * Pauses {@code entrypoint}.
     *
     * @param duration when the pause ends by itself, such as {@code 2h}; null if somebody has to resume it.
     */
    @WriteOperation
    public PauseState pause(@Selector String entrypoint, @Nullable String reason, @Nullable String duration)
            throws Exception {
        try {
            return PauseState.of(get(queue.pause(entrypoint, options -> {
                if (reason != null) {
                    options.reason(reason);
                }
                if (duration != null) {
                    options.duration(DurationStyle.detectAndParse(duration));
                }
            })));
        } catch (IllegalArgumentException e) {
            throw new InvalidEndpointRequestException(e.getMessage(), e.getMessage());
        }
    }

    /** Resumes {@code entrypoint}, and tells whether it was paused. */
    @DeleteOperation
    public Map<String, Boolean> resume(@Selector String entrypoint) throws Exception {
        return Map.of("resumed", get(queue.resume(entrypoint)));
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        try {
            return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
