package io.pgqueuer.java;

import io.pgqueuer.DuplicateJobException;
import java.sql.Connection;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
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
        Objects.requireNonNull(options, "options");
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
        Objects.requireNonNull(options, "options");
        return enqueue(NewJob.of(entrypoint, payload).with(options));
    }

    /**
     * Stores one job whose payload is {@code text} in UTF-8. Otherwise behaves like {@link #enqueue(NewJob)}.
     *
     * @throws IllegalArgumentException if {@code entrypoint} is out of its bounds; see {@link NewJob}.
     */
    default CompletableFuture<Long> enqueue(String entrypoint, String text) {
        return enqueue(NewJob.of(entrypoint, text));
    }

    /**
     * Stores one job whose payload is {@code text} in UTF-8, with options. Otherwise behaves like
     * {@link #enqueue(NewJob)}.
     *
     * @param options sets options of the job, such as {@code job -> job.priority(5)}.
     * @throws IllegalArgumentException if a value is out of its bounds; see {@link NewJob.Builder}.
     */
    default CompletableFuture<Long> enqueue(String entrypoint, String text, Consumer<NewJob.Builder> options) {
        Objects.requireNonNull(options, "options");
        return enqueue(NewJob.of(entrypoint, text).with(options));
    }

    /**
     * Stores one job of a type, with {@code value} encoded now by the type's codec. Otherwise behaves like
     * {@link #enqueue(NewJob)}.
     *
     * @throws NullPointerException if {@code value} is null. A job without a payload is enqueued by its entrypoint's
     *     name.
     * @throws RuntimeException if the codec cannot encode {@code value}.
     */
    default <T> CompletableFuture<Long> enqueue(JobType<T> type, T value) {
        Objects.requireNonNull(type, "type");
        return enqueue(type.newJob(value));
    }

    /**
     * Stores one job of a type with options. Otherwise behaves like {@link #enqueue(JobType, Object)}.
     *
     * @param options sets options of the job, such as {@code job -> job.priority(5)}.
     * @throws IllegalArgumentException if an option is out of its bounds; see {@link NewJob.Builder}.
     */
    default <T> CompletableFuture<Long> enqueue(JobType<T> type, T value, Consumer<NewJob.Builder> options) {
        Objects.requireNonNull(type, "type");
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
     * enqueued. A queue in memory, for tests, ignores the connection and stores the job at once.
     *
     * @return its id.
     * @throws IllegalArgumentException if {@code connection} is in autocommit mode, or if the payload is too large;
     *     nothing is stored.
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
        Objects.requireNonNull(type, "type");
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
     * @return whether this call canceled it, or asked its worker to cancel it.
     */
    CompletableFuture<Boolean> cancel(long id);

    /**
     * Cancels jobs. Held and ended jobs are left as they are.
     *
     * <p>A queued job is deleted and logged as {@link JobStatus#CANCELED}. A running job keeps its row, its slot and its
     * dedupe key until its handler has ended. Its worker, in whatever process, cancels the handler and then records the
     * job as canceled, even if the handler ignored that and succeeded. To know when a running job has ended, await its
     * completion.
     *
     * @return the jobs that this call canceled, or asked their workers to cancel.
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

    /**
     * Makes a queued job due now. Otherwise behaves like {@link #runNow(Collection)}.
     *
     * @return whether it was queued and not yet due.
     */
    CompletableFuture<Boolean> runNow(long id);

    /**
     * Makes queued jobs due now that wait for their time, after a delay or between two attempts. Their priority, their
     * attempts and their place among jobs of the same priority stay as they are. If their entrypoint is paused, they
     * still wait for the end of the pause.
     *
     * @return those of {@code ids} that were queued and not yet due.
     */
    CompletableFuture<Set<Long>> runNow(Collection<Long> ids);

    /**
     * Deletes a held job. Otherwise behaves like {@link #dismiss(Collection)}.
     *
     * @return whether it was held.
     */
    CompletableFuture<Boolean> dismiss(long id);

    /**
     * Deletes held jobs that nobody will requeue, and logs each as {@link JobStatus#DELETED}. Jobs that are not held are
     * left as they are.
     *
     * @return those of {@code ids} that were held.
     */
    CompletableFuture<Set<Long>> dismiss(Collection<Long> ids);

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

    /**
     * Deletes every job of {@code entrypoint}, whatever its status, and logs each as {@link JobStatus#DELETED}. Running
     * handlers go on; their outcome is refused.
     *
     * @return how many jobs were deleted.
     */
    CompletableFuture<Long> clear(String entrypoint);

    /** Pauses {@code entrypoint} until it is resumed; see {@link #pause(String, Consumer)}. */
    default CompletableFuture<Pause> pause(String entrypoint) {
        return pause(entrypoint, options -> {});
    }

    /**
     * Pauses {@code entrypoint}: no worker starts a job of it until somebody resumes it, or until the end that
     * {@code options} set. Pauses outlive workers and restarts.
     *
     * <pre>{@code
     * queue.pause("mail", pause -> pause.duration(Duration.ofHours(2)).reason("the provider is down"));
     * }</pre>
     *
     * <ul>
     *   <li>Jobs that run go on, with their leases and outcomes. A claim that began before the returned future completes
     *       may still start jobs.
     *   <li>Jobs can be enqueued, canceled, requeued and dismissed. Retries and jobs of dead workers wait.
     *   <li>A worker that drains the queue leaves the jobs of paused entrypoints, and ends.
     *   <li>Schedules are not affected. Python's workers do not know pauses and go on.
     * </ul>
     *
     * <p>If {@code entrypoint} is paused already, the new options replace those of its pause.
     *
     * @return the pause. Fails with an {@link IllegalArgumentException} if the entrypoint or an option is out of its
     *     bounds; nothing is changed then.
     */
    CompletableFuture<Pause> pause(String entrypoint, Consumer<PauseOptions> options);

    /**
     * Ends the pause of {@code entrypoint}, and wakes idle workers. If the whole queue is paused, its jobs still wait.
     *
     * @return whether it was paused.
     */
    CompletableFuture<Boolean> resume(String entrypoint);

    /** Pauses all entrypoints until the queue is resumed; see {@link #pauseQueue(Consumer)}. */
    default CompletableFuture<Pause> pauseQueue() {
        return pauseQueue(options -> {});
    }

    /**
     * Pauses all entrypoints, also those that have no jobs yet. Otherwise behaves like {@link #pause(String, Consumer)}.
     */
    CompletableFuture<Pause> pauseQueue(Consumer<PauseOptions> options);

    /**
     * Ends the pause of the whole queue, and wakes idle workers. Pauses of single entrypoints stay.
     *
     * @return whether the whole queue was paused.
     */
    CompletableFuture<Boolean> resumeQueue();

    /** Delivers the jobs of {@code entrypoint} one at a time; see {@link #consume(String, Consumer)}. */
    default Deliveries consume(String entrypoint) {
        return consume(entrypoint, options -> {});
    }

    /**
     * Delivers the jobs of {@code entrypoint} one at a time: the next one comes once the last one is acknowledged or
     * given back.
     *
     * <pre>{@code
     * try (var orders = queue.consume("orders")) {
     *     while (!stopped) {
     *         var delivery = orders.next().get().orElseThrow();
     *         ship(delivery.job());
     *         delivery.ack().get();
     *     }
     * }
     * }</pre>
     *
     * <p>Each call works the queue like a worker of its own; several share it. Delivery is at-least-once.
     *
     * @param options how the worker behind it runs. {@link RunMode#DRAIN} ends the deliveries once the queue is empty.
     *     It always runs one job at a time and claims none ahead.
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    Deliveries consume(String entrypoint, Consumer<RunOptions.Builder> options);

    /**
     * Returns a view of this queue whose calls do not join the caller's transaction. Each call commits its own work, which
     * remains if the caller's transaction rolls back. Use it for audit records, for example.
     *
     * <p>Without it, a call joins the current transaction of Exposed or, in a Spring application, of Spring. If that is
     * not on the queue's database, the call fails with an {@link IllegalStateException}.
     */
    JobQueue inOwnTransaction();
}
