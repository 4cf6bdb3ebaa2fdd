package io.pgqueuer.java;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Read-only views of the queue and its log. Windows and ages are by the store's clock; those that are not positive fail
 * the future with an {@link IllegalArgumentException}. Implemented by this library; more methods may come.
 */
public interface Insights {
    /** Reads the job {@code id} while the queue holds it; empty once it has ended. */
    CompletableFuture<Optional<Job>> job(long id);

    /** Reads the log of the job {@code id}, oldest first. */
    CompletableFuture<List<LogEntry>> log(long id);

    /** Reads the last status of each of {@code ids}, as the log tells it; those it knows nothing of are left out. */
    CompletableFuture<Map<Long, JobStatus>> lastStatuses(Collection<Long> ids);

    /** Reads what the log keeps. */
    CompletableFuture<LogLevel> logLevel();

    /** Counts the jobs that the queue holds, by entrypoint, status and priority. Reads the whole queue. */
    CompletableFuture<List<QueueSize>> queueSize();

    /** Counts how often jobs came to each status within the last {@code window}, by entrypoint and status. */
    CompletableFuture<List<Throughput>> throughput(Duration window);

    /** Tells how long the runs that ended or were held within the last {@code window} took, by entrypoint. */
    CompletableFuture<List<RunTimes>> runTimes(Duration window);

    /** Reads the workers that hold jobs, those that hold most first. */
    CompletableFuture<List<ActiveWorker>> activeWorkers();

    /**
     * Reads picked jobs whose heartbeat is older than {@code heartbeatAge}, oldest first: their worker died or hangs.
     * They come without their payloads.
     *
     * @param limit the most to read; at least 1.
     */
    CompletableFuture<List<Job>> staleJobs(Duration heartbeatAge, int limit);

    /**
     * Reads held jobs by id, with their failures and without their payloads.
     *
     * @param limit the most to read; at least 1.
     * @param after reads those with higher ids; 0 for the first page.
     */
    CompletableFuture<List<HeldJob>> heldJobs(int limit, long after);

    /** Reads the sizes of the queue, the log, the statistics and the schedules. */
    CompletableFuture<List<TableSize>> tableSizes();
}
