package io.pgqueuer.java;

import io.pgqueuer.DuplicateJobException;
import java.sql.Connection;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What a producer does with the queue: enqueue, cancel, requeue, clear. Safe for use by many threads at once.
 *
 * <p>Ids of jobs are {@code long}s. What is wrong with a job is thrown at once; what goes wrong in the store fails the
 * future. When a future is cancelled, its effect may or may not have taken place. Implemented by this library; more
 * methods may come.
 */
public interface JobQueue {
    /**
     * Stores one job.
     *
     * @return its id, once it is committed; fails with a {@link DuplicateJobException} if its dedupe key is taken by a
     *     queued or picked job.
     * @throws IllegalArgumentException if its payload is larger than this queue takes.
     */
    CompletableFuture<Long> enqueue(NewJob job);

    /**
     * Stores one job without a payload, as {@link #enqueue(NewJob)} does.
     *
     * @throws IllegalArgumentException if {@code entrypoint} is out of its bounds.
     */
    default CompletableFuture<Long> enqueue(String entrypoint) {
        return enqueue(NewJob.of(entrypoint));
    }

    /**
     * Stores one job, as {@link #enqueue(NewJob)} does.
     *
     * @throws IllegalArgumentException if a value is out of its bounds.
     */
    default CompletableFuture<Long> enqueue(String entrypoint, byte[] payload) {
        return enqueue(NewJob.of(entrypoint, payload));
    }

    /** Stores one job of a type, its value encoded now, as {@link #enqueue(NewJob)} does. */
    default <T> CompletableFuture<Long> enqueue(JobType<T> type, T value) {
        return enqueue(type.newJob(value).build());
    }

    /**
     * Stores one job, unless its dedupe key is taken by a queued or picked job.
     *
     * @return its id; empty if it was left out.
     */
    CompletableFuture<OptionalLong> enqueueOrSkip(NewJob job);

    /**
     * Stores jobs in one transaction.
     *
     * @return their ids in the order of the input; fails with a {@link DuplicateJobException} if a dedupe key is taken
     *     by a queued or picked job, or twice in the batch: then nothing is stored.
     * @throws IllegalArgumentException if a payload is larger than this queue takes.
     */
    CompletableFuture<List<Long>> enqueueAll(List<NewJob> jobs);

    /**
     * Stores those of the jobs whose dedupe keys are free, in one transaction; of those that share a key the first.
     *
     * @return ids in the order of the input; empty where a job was left out.
     */
    CompletableFuture<List<OptionalLong>> enqueueAllOrSkip(List<NewJob> jobs);

    /**
     * Stores one job in the transaction that the caller has begun on {@code connection}, and blocks meanwhile: for
     * plain JDBC, Spring, jOOQ. The job is there when that transaction commits, and never was when it rolls back;
     * workers are woken by the commit.
     *
     * @return its id.
     * @throws IllegalArgumentException if {@code connection} is in autocommit mode, the queue is not in PostgreSQL, or
     *     the job is refused; nothing is stored.
     * @throws DuplicateJobException if its dedupe key is taken; the transaction can go on.
     */
    long enqueue(Connection connection, NewJob job);

    /** Stores one job of a type in the caller's transaction, as {@link #enqueue(Connection, NewJob)} does. */
    default <T> long enqueue(Connection connection, JobType<T> type, T value) {
        return enqueue(connection, type.newJob(value).build());
    }

    /**
     * Stores one job in the caller's transaction, as {@link #enqueue(Connection, NewJob)} does, unless its dedupe key
     * is taken.
     *
     * @return its id; empty if it was left out.
     */
    OptionalLong enqueueOrSkip(Connection connection, NewJob job);

    /**
     * Stores jobs in the caller's transaction, as {@link #enqueue(Connection, NewJob)} does.
     *
     * @return their ids in the order of the input.
     */
    List<Long> enqueueAll(Connection connection, List<NewJob> jobs);

    /**
     * Stores those of the jobs whose dedupe keys are free in the caller's transaction, as
     * {@link #enqueue(Connection, NewJob)} does.
     *
     * @return ids in the order of the input; empty where a job was left out.
     */
    List<OptionalLong> enqueueAllOrSkip(Connection connection, List<NewJob> jobs);

    /**
     * Cancels a job: a queued or picked one is deleted and logged {@link JobStatus#CANCELED}, and its handler is
     * cancelled wherever it runs. Held and ended jobs are left as they are.
     *
     * @return whether this call canceled it.
     */
    CompletableFuture<Boolean> cancel(long id);

    /**
     * Cancels jobs, as {@link #cancel(long)} does.
     *
     * @return those that this call canceled.
     */
    CompletableFuture<Set<Long>> cancel(Collection<Long> ids);

    /**
     * Queues a held job again, due now, with its attempts at 0.
     *
     * @return whether it was held; fails with a {@link DuplicateJobException} if a queued or picked job has taken its
     *     dedupe key.
     */
    CompletableFuture<Boolean> requeue(long id);

    /**
     * Queues held jobs again, as {@link #requeue(long)} does, all or none.
     *
     * @return those that were held.
     */
    CompletableFuture<Set<Long>> requeue(Collection<Long> ids);

    /** Reads the first 100 held jobs by id, with their failures. */
    CompletableFuture<List<HeldJob>> failedJobs();

    /**
     * Reads held jobs by id, with their failures.
     *
     * @param limit the most to read; at least 1.
     * @param after reads those with higher ids; 0 for the first page.
     */
    CompletableFuture<List<HeldJob>> failedJobs(int limit, long after);

    /**
     * Deletes every job of {@code entrypoint}, whatever its status, and logs each {@link JobStatus#DELETED}. Handlers
     * that run are not told; their outcome is refused.
     *
     * @return how many were deleted.
     */
    CompletableFuture<Long> clear(String entrypoint);

    /** Deletes every job of every entrypoint, as {@link #clear} of one does. */
    CompletableFuture<Long> clearAll();

    /**
     * Returns the same queue with another limit on payloads. The default limit is 16 MiB.
     *
     * @throws IllegalArgumentException if it is negative.
     */
    JobQueue withMaxPayloadBytes(int maxPayloadBytes);
}
