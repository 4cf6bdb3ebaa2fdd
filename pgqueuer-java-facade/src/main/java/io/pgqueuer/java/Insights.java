package io.pgqueuer.java;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Read-only views of the queue and its log.
 *
 * <p>Windows of time and ages are by the store's clock. If one is not positive, or a limit is less than 1, the future
 * fails with an {@link IllegalArgumentException}. It fails with a {@link io.pgqueuer.StoreUnavailableException} if the
 * store cannot be reached, and with a {@link io.pgqueuer.ViewTimeoutException} if a view of a PostgreSQL queue takes longer
 * than 10 s.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface Insights {
    /** Returns the job {@code id} while the queue holds it; empty once it has ended. */
    CompletableFuture<Optional<StoredJob>> job(long id);

    /** Returns the log of the job {@code id}, oldest entry first. */
    CompletableFuture<List<LogEntry>> log(long id);

    /**
     * Returns the newest entries of the log of the job, oldest first.
     *
     * @param limit the most entries to return; at least 1.
     */
    CompletableFuture<List<LogEntry>> log(long id, int limit);

    /** Returns those of {@code ids} that are in the queue, whatever their status. */
    CompletableFuture<Set<Long>> inQueue(Collection<Long> ids);

    /** Returns the last status of each of {@code ids} in the log. Jobs that the log does not know are left out. */
    CompletableFuture<Map<Long, JobStatus>> lastStatuses(Collection<Long> ids);

    /** Returns what the log keeps. */
    CompletableFuture<LogLevel> logLevel();

    /**
     * Returns what waits, runs and is held of each entrypoint, by entrypoint: at most 1,000 entrypoints. It reads little,
     * however long the queue is: numbers that would take long to count are estimates.
     */
    CompletableFuture<List<Backlog>> backlog();

    /** Returns what is paused: the whole queue first, then entrypoints by name. */
    CompletableFuture<List<Pause>> pauses();

    /** Returns the first 100 jobs that match {@code filter}, by id and without their payloads. */
    CompletableFuture<List<StoredJob>> jobs(JobFilter filter);

    /**
     * Returns the jobs that match {@code filter} and whose ids are above {@code after}, by id and without their payloads.
     *
     * @param limit the most jobs to return; at least 1.
     * @param after {@link Long#MIN_VALUE} for the first page.
     */
    CompletableFuture<List<StoredJob>> jobs(JobFilter filter, int limit, long after);

    /** Counts the jobs that match {@code filter}, but not further than 10,000. */
    CompletableFuture<Integer> countJobs(JobFilter filter);

    /**
     * Counts the jobs that match {@code filter}.
     *
     * @param atMost where to stop counting; at least 1.
     */
    CompletableFuture<Integer> countJobs(JobFilter filter, int atMost);

    /** Returns the newest 100 entries of the log that match {@code filter}, newest first. */
    CompletableFuture<List<LogEntry>> logEntries(LogFilter filter);

    /**
     * Returns the entries of the log that match {@code filter}, newest first, with ids below {@code before} and above
     * {@code after}. An entry can appear below others that were seen before, as it is seen when its transaction commits.
     *
     * @param limit the most entries to return; at least 1.
     * @param before {@link Long#MAX_VALUE} for the newest.
     * @param after {@link Long#MIN_VALUE} for no bound.
     */
    CompletableFuture<List<LogEntry>> logEntries(LogFilter filter, int limit, long before, long after);

    /**
     * Counts the jobs that the queue holds, by entrypoint, status and priority (higher first). Reads the whole queue.
     */
    CompletableFuture<List<QueueSize>> queueSize();

    /** Counts at most 50,000 rows. Otherwise behaves like {@link #throughput(Duration, int)}. */
    CompletableFuture<List<Throughput>> throughput(Duration window);

    /**
     * Counts how often jobs came to each status within the last {@code window}, by entrypoint and status.
     *
     * @param atMost if the statistics, or the part of the log that is not counted yet, have more rows within the window,
     * the counts are estimates from a sample of at most half as many; at least 1.
     */
    CompletableFuture<List<Throughput>> throughput(Duration window, int atMost);

    /** Counts at most 50,000 rows. Otherwise behaves like {@link #throughputHistory(Duration, Duration, int)}. */
    CompletableFuture<List<ThroughputStep>> throughputHistory(Duration window, Duration step);

    /**
     * Counts as {@link #throughput(Duration, int)} does, for each {@code step} of the last {@code window}, oldest first. Steps begin at
     * multiples of {@code step} since 1970. Steps in which nothing happened are left out.
     *
     * @param step a positive number of whole seconds; the window has at most 1,000 steps.
     */
    CompletableFuture<List<ThroughputStep>> throughputHistory(Duration window, Duration step, int atMost);

    /** Reads at most 10,000 runs. Otherwise behaves like {@link #runTimes(Duration, int)}. */
    CompletableFuture<List<RunTimes>> runTimes(Duration window);

    /**
     * Returns how long the runs took that ended or were held within the last {@code window}, and how long they had
     * waited, by entrypoint.
     *
     * @param atMost if there were more, only the newest are read; at least 1.
     */
    CompletableFuture<List<RunTimes>> runTimes(Duration window, int atMost);

    /** Returns the workers that hold jobs, those that hold most first. */
    CompletableFuture<List<ActiveWorker>> activeWorkers();

    /** Returns at most 100 stale jobs; see {@link #staleJobs(Duration, int)}. */
    CompletableFuture<List<StoredJob>> staleJobs(Duration heartbeatAge);

    /**
     * Returns picked jobs whose heartbeat is older than {@code heartbeatAge}, oldest first: their worker died or hangs.
     * They come without their payloads. Once the heartbeat is older than the workers' heartbeat timeout, the next claim
     * takes the job over.
     *
     * @param limit the most jobs to return; at least 1.
     */
    CompletableFuture<List<StoredJob>> staleJobs(Duration heartbeatAge, int limit);

    /** Returns the first 100 held jobs in the order of their ids, with their failures and without their payloads. */
    CompletableFuture<List<HeldJob>> heldJobs();

    /**
     * Returns held jobs in the order of their ids, with their failures and without their payloads.
     *
     * @param limit the most jobs to return; at least 1.
     */
    CompletableFuture<List<HeldJob>> heldJobs(int limit);

    /**
     * Returns the held jobs whose ids are above {@code after}, in the order of their ids, with their failures and
     * without their payloads: the next page.
     *
     * @param limit the most jobs to return; at least 1.
     */
    CompletableFuture<List<HeldJob>> heldJobs(int limit, long after);

    /**
     * Returns the held jobs of {@code entrypoint} whose ids are above {@code after}. Otherwise behaves like
     * {@link #heldJobs(int, long)}.
     *
     * @param after {@link Long#MIN_VALUE} for the first page.
     */
    CompletableFuture<List<HeldJob>> heldJobs(int limit, long after, String entrypoint);

    /** Counts the held jobs of each entrypoint that has some, by entrypoint. */
    CompletableFuture<Map<String, Long>> heldCounts();

    /** Returns the sizes of the tables for the queue, the log, the statistics and the schedules. */
    CompletableFuture<List<TableSize>> tableSizes();

    /**
     * Returns what has kept the server the longest from removing dead rows; empty if nothing does. While it lasts, the
     * queue's table grows and claims become slower.
     *
     * <p>PostgreSQL shows transactions of other users only to members of {@code pg_read_all_stats}.
     */
    CompletableFuture<Optional<OldestTransaction>> oldestTransaction();
}
