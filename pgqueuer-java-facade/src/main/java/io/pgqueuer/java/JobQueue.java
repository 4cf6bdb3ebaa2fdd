package io.pgqueuer.java;

import io.pgqueuer.DuplicateJobException;
import java.sql.Connection;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * What producers do with a queue: enqueue, cancel, requeue, clear.
 *
 * <pre>{@code
 * queue.enqueue("fetch", payload);
 * queue.enqueue("fetch", payload, job -> job.priority(5).delay(Duration.ofMinutes(10)).dedupeKey("fetch:42"));
 * queue.enqueue(SEND_RECEIPT, receipt);
 * }</pre>
 *
 * <p>Can be used by many threads at once. The ids of jobs are {@code long}s. Each future fails with a
 * {@link io.pgqueuer.StoreUnavailableException} if the store cannot be reached. If a future is cancelled, its call may
 * or may not have taken effect.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface JobQueue {
    /**
     * Stores one job without a payload. Otherwise behaves like {@link #enqueue(NewJob)}.
     *
     * @throws IllegalArgumentException if {@code entrypoint} is out of its bounds; see {@link NewJob}.
     */
    default CompletableFuture<Long> enqueue(String entrypoint) {
        return enqueue(NewJob.of(entrypoint));
    }

    /**
     * Stores one job without a payload, with options. Otherwise behaves like {@link #enqueue(NewJob)}.
     *
     * @param options sets options of the job, such as {@code job -> job.priority(5)}.
     * @throws IllegalArgumentException if a value is out of its bounds; see {@link NewJob.Builder}.
     */
    default CompletableFuture<Long> enqueue(String entrypoint, Consumer<NewJob.Builder> options) {
        return enqueue(NewJob.of(entrypoint).with(options));
    }

    /**
     * Stores one job. Otherwise behaves like {@link #enqueue(NewJob)}.
     *
     * @throws IllegalArgumentException if {@code entrypoint} is out of its bounds; see {@link NewJob}.
     */
    default CompletableFuture<Long> enqueue(String entrypoint, byte[] payload) {
        return enqueue(NewJob.of(entrypoint, payload));
    }

    /**
     * Stores one job with options. Otherwise behaves like {@link #enqueue(NewJob)}.
     *
     * @param options sets options of the job, such as {@code job -> job.priority(5)}.
     * @throws IllegalArgumentException if a value is out of its bounds; see {@link NewJob.Builder}.
     */
    default CompletableFuture<Long> enqueue(String entrypoint, byte[] payload, Consumer<NewJob.Builder> options) {
        return enqueue(NewJob.of(entrypoint, payload).with(options));
    }

    /**
     * Stores one job of a type, with {@code value} encoded now by the type's codec. Otherwise behaves like
     * {@link #enqueue(NewJob)}.
     *
     * @throws RuntimeException if the codec cannot encode {@code value}.
     */
    default <T> CompletableFuture<Long> enqueue(JobType<T> type, T value) {
        return enqueue(type.newJob(value));
    }

    /**
     * Stores one job of a type with options. Otherwise behaves like {@link #enqueue(JobType, Object)}.
     *
     * @param options sets options of the job, such as {@code job -> job.priority(5)}.
     * @throws IllegalArgumentException if an option is out of its bounds; see {@link NewJob.Builder}.
     */
    default <T> CompletableFuture<Long> enqueue(JobType<T> type, T value, Consumer<NewJob.Builder> options) {
        return enqueue(type.newJob(value, options));
    }

    /**
     * Stores one job.
     *
     * @return its id, once it is committed. Fails with a {@link DuplicateJobException} if its dedupe key is taken by a
     *     queued or running job, and with an {@link IllegalArgumentException} if its payload is larger than
     *     {@link BackendOptions#maxPayloadBytes}; nothing is stored then.
     */
    CompletableFuture<Long> enqueue(NewJob job);

    /**
     * Stores one job. Otherwise behaves like {@link #enqueue(NewJob)}.
     *
     * @return its id, once it is committed; empty if {@link OnConflict#SKIP} left it out.
     */
    CompletableFuture<OptionalLong> enqueue(NewJob job, OnConflict onConflict);

    /**
     * Stores jobs in one transaction.
     *
     * @return their ids in the order of the input. Fails with a {@link DuplicateJobException} if a dedupe key is taken
     *     by a queued or running job, or appears twice in the list, and with an {@link IllegalArgumentException} if a
     *     payload is too large; nothing is stored then.
     */
    CompletableFuture<List<Long>> enqueueAll(List<NewJob> jobs);

    /**
     * Stores jobs in one transaction. Otherwise behaves like {@link #enqueueAll(List)}.
     *
     * @return ids in the order of the input; empty for each job that {@link OnConflict#SKIP} left out.
     */
    CompletableFuture<List<OptionalLong>> enqueueAll(List<NewJob> jobs, OnConflict onConflict);

    /**
     * Stores one job in the transaction that the caller has begun on {@code connection}: for plain JDBC, Spring, jOOQ.
     * Blocks until the statement has run.
     *
     * <p>The job exists once the transaction commits; the commit wakes the workers. If it rolls back, nothing was
     * enqueued.
     *
     * @return its id.
     * @throws IllegalArgumentException if {@code connection} is in autocommit mode, if the queue is not in PostgreSQL,
     *     or if the payload is too large; nothing is stored.
     * @throws DuplicateJobException if its dedupe key is taken; nothing is stored, and the transaction can go on.
     */
    long enqueue(Connection connection, NewJob job);

    /**
     * Stores one job of a type in the caller's transaction. Otherwise behaves like
     * {@link #enqueue(Connection, NewJob)}.
     *
     * @throws RuntimeException if the codec cannot encode {@code value}.
     */
    default <T> long enqueue(Connection connection, JobType<T> type, T value) {
        return enqueue(connection, type.newJob(value));
    }

    /**
     * Stores one job in the caller's transaction. Otherwise behaves like {@link #enqueue(Connection, NewJob)}.
     *
     * @return its id; empty if {@link OnConflict#SKIP} left it out.
     */
    OptionalLong enqueue(Connection connection, NewJob job, OnConflict onConflict);

    /**
     * Stores jobs in the caller's transaction. Otherwise behaves like {@link #enqueue(Connection, NewJob)}.
     *
     * @return their ids in the order of the input.
     */
    List<Long> enqueueAll(Connection connection, List<NewJob> jobs);

    /**
     * Stores jobs in the caller's transaction. Otherwise behaves like {@link #enqueue(Connection, NewJob)}.
     *
     * @return ids in the order of the input; empty for each job that {@link OnConflict#SKIP} left out.
     */
    List<OptionalLong> enqueueAll(Connection connection, List<NewJob> jobs, OnConflict onConflict);

    /**
     * Cancels one job. Otherwise behaves like {@link #cancel(Collection)}.
     *
     * @return whether this call canceled it.
     */
    CompletableFuture<Boolean> cancel(long id);

    /**
     * Cancels jobs. Queued and running jobs are deleted and logged as {@link JobStatus#CANCELED}; running handlers are
     * cancelled, in whatever process they run. Held and ended jobs are left as they are.
     *
     * @return the jobs that this call canceled.
     */
    CompletableFuture<Set<Long>> cancel(Collection<Long> ids);

    /**
     * Queues a held job again. Otherwise behaves like {@link #requeue(Collection)}.
     *
     * @return whether it was held.
     */
    CompletableFuture<Boolean> requeue(long id);

    /**
     * Queues held jobs again: due now, with their attempts at 0.
     *
     * @return those of {@code ids} that were held. Fails with a {@link DuplicateJobException} if a queued or running
     *     job has taken the dedupe key of one of them; nothing is changed then.
     */
    CompletableFuture<Set<Long>> requeue(Collection<Long> ids);

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
     * Deletes every job of {@code entrypoint}, whatever its status, and logs each as {@link JobStatus#DELETED}. Running
     * handlers go on; their outcome is refused.
     *
     * @return how many jobs were deleted.
     */
    CompletableFuture<Long> clear(String entrypoint);
}
