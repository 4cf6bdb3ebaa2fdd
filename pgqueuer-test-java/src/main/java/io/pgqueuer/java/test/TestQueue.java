package io.pgqueuer.java.test;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.FailureRecord;
import io.pgqueuer.java.HeldJob;
import io.pgqueuer.java.JobQueue;
import io.pgqueuer.java.JobStatus;
import io.pgqueuer.java.JobType;
import io.pgqueuer.java.LogEntry;
import io.pgqueuer.java.RunMode;
import io.pgqueuer.java.RunOptions;
import io.pgqueuer.java.RunReport;
import io.pgqueuer.java.Worker;
import io.pgqueuer.java.WorkerBuilder;
import io.pgqueuer.java.internal.test.VirtualQueue;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A queue in memory and its worker, in virtual time: delays, retries, schedules, timeouts and leases take no real time.
 *
 * <pre>{@code
 * @Test
 * void aReminderIsSentAfterThreeDays() {
 *     try (var pgq = TestQueue.create(worker -> worker.entrypoint("remind").handle(job -> mailer.remind(job)))) {
 *         pgq.queue().enqueue("remind", job -> job.delay(Duration.ofDays(3)));
 *         pgq.advance(Duration.ofDays(3));
 *         assertEquals(1, mailer.reminders());
 *         pgq.assertNoFailures();
 *     }
 * }
 * }</pre>
 *
 * <p>Time moves only when the test moves it: by {@link #advance}, {@link #drain}, or by waiting for a future of the
 * queue that is not complete, such as {@code watcher.awaitCompletion(id).join()}. Everything runs on the thread that
 * moves time, one step after another, in the order of due times: blocking handlers, async ones, and the worker itself.
 * A handler may wait for futures of the queue.
 *
 * <p>An enqueue has taken effect when it returns, without a {@code join()}. No handler runs before time is moved;
 * {@link #runDue} runs what is due now.
 *
 * <p>A handler that sleeps, or otherwise waits for real time, takes real time. An async handler whose stage is
 * completed by another thread ends whenever that happens: let its executor be {@code Runnable::run}.
 *
 * <p>Use it from one thread, and close it when the test ends.
 */
public final class TestQueue implements AutoCloseable {
    private static final Set<JobStatus> FAILED = Set.of(JobStatus.EXCEPTION, JobStatus.HELD);

    private static final Consumer<WorkerBuilder> NO_HANDLERS = worker -> {};

    private final VirtualQueue virtual;
    private final Worker worker;
    private final RunOptions options;
    private final boolean hasHandlers;
    private @Nullable CompletableFuture<RunReport> run;

    private TestQueue(Instant start, RunOptions options, Consumer<WorkerBuilder> configure) {
        this.virtual = new VirtualQueue(Objects.requireNonNull(start, "start"));
        this.options = Objects.requireNonNull(options, "options");
        this.hasHandlers = configure != NO_HANDLERS;
        var builder = virtual.getBackend().worker();
        Objects.requireNonNull(configure, "configure").accept(builder);
        this.worker = builder.build();
    }

    /**
     * Makes a queue without handlers, to test a producer, or code that builds its own worker on {@link #backend()}.
     * Time starts at 1970-01-01, 00:00 UTC, a Thursday.
     */
    public static TestQueue create() {
        return create(NO_HANDLERS);
    }

    /**
     * Makes a queue and its worker. Time starts at 1970-01-01, 00:00 UTC, a Thursday.
     *
     * @param configure registers the handlers.
     * @throws IllegalArgumentException if a registration is invalid.
     */
    public static TestQueue create(Consumer<WorkerBuilder> configure) {
        return create(Instant.EPOCH, configure);
    }

    /**
     * Makes a queue and its worker.
     *
     * @param start the time at first.
     * @param configure registers the handlers.
     * @throws IllegalArgumentException if a registration is invalid.
     */
    public static TestQueue create(Instant start, Consumer<WorkerBuilder> configure) {
        return create(start, RunOptions.DEFAULT, configure);
    }

    /**
     * Makes a queue and its worker.
     *
     * @param start the time at first.
     * @param options how the worker runs.
     * @param configure registers the handlers.
     * @throws IllegalArgumentException if a registration is invalid.
     */
    public static TestQueue create(Instant start, RunOptions options, Consumer<WorkerBuilder> configure) {
        return new TestQueue(start, options, configure);
    }

    /** Returns the backend, for code under test that takes one. All that it makes runs in the same virtual time. */
    public Backend backend() {
        return virtual.getBackend();
    }

    /** Returns the queue, for code under test that takes one. */
    public JobQueue queue() {
        return backend().queue();
    }

    /** Returns the worker of the handlers. It starts when time is first moved. */
    public Worker worker() {
        return worker;
    }

    /** Returns the virtual time. */
    public Instant now() {
        return virtual.now();
    }

    /**
     * Runs what is due now, and what becomes due by that. Starts the worker if it does not run.
     *
     * @throws java.util.concurrent.CompletionException if the worker failed.
     */
    public void runDue() {
        advance(Duration.ZERO);
    }

    /**
     * Moves time by {@code by}, and runs what is due on the way and at its end, in order. Starts the worker if it does
     * not run.
     *
     * @throws IllegalArgumentException if {@code by} is negative.
     * @throws java.util.concurrent.CompletionException if the worker failed.
     */
    public void advance(Duration by) {
        Objects.requireNonNull(by, "by");
        if (by.isNegative()) {
            throw new IllegalArgumentException("time cannot go back: by must be >= 0, was " + by);
        }
        if (hasHandlers && (run == null || run.isDone())) {
            run = worker.start(options);
        }
        virtual.advance(by);
        if (run != null && run.isCompletedExceptionally()) {
            run.join();
        }
    }

    /**
     * Runs the worker until no job is queued and every handler has ended. This includes jobs that are due later: time
     * moves to each of them.
     *
     * @return what the worker did since this call.
     * @throws IllegalStateException if this queue was made without handlers.
     * @throws java.util.concurrent.CompletionException if the worker failed.
     */
    public RunReport drain() {
        if (!hasHandlers) {
            throw new IllegalStateException("this queue has no handlers to drain it; pass them to create, or start the "
                    + "worker of the code under test in the mode DRAIN");
        }
        worker.close();
        return worker.start(options.with(changes -> changes.mode(RunMode.DRAIN))).join();
    }

    /** Returns all jobs that were enqueued so far, in order, whether or not they have ended. */
    public List<EnqueuedJob> enqueued() {
        return virtual.getEnqueued();
    }

    /** Returns the jobs that were enqueued so far for {@code entrypoint}. */
    public List<EnqueuedJob> enqueued(String entrypoint) {
        Objects.requireNonNull(entrypoint, "entrypoint");
        return enqueued().stream().filter(job -> job.entrypoint().equals(entrypoint)).toList();
    }

    /** Returns the values of the jobs of {@code type} that were enqueued so far. */
    public <T> List<T> enqueued(JobType<T> type) {
        return enqueued(type.entrypoint()).stream().map(job -> job.valueOf(type)).toList();
    }

    /** Returns the jobs that are held as failed, with their failures. */
    public List<HeldJob> heldJobs() {
        return queue().heldJobs(Integer.MAX_VALUE).join();
    }

    /** Returns the last status of the job {@code id}; empty if no job has ever had this id. */
    public Optional<JobStatus> statusOf(long id) {
        return Optional.ofNullable(backend().insights().lastStatuses(Set.of(id)).join().get(id));
    }

    /** Returns the last failure of the job {@code id}, even if it was retried after it; empty if it never failed. */
    public Optional<FailureRecord> failureOf(long id) {
        return backend().insights().log(id).join().stream()
                .map(LogEntry::failure)
                .flatMap(Optional::stream)
                .reduce((earlier, later) -> later);
    }

    /**
     * Asserts that exactly the jobs of {@code type} with {@code values} were enqueued so far, in this order.
     *
     * @throws AssertionError if not. The message lists what was enqueued.
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // The array is only read.
    public final <T> void assertEnqueued(JobType<T> type, T... values) {
        var expected = Arrays.asList(values);
        var actual = enqueued(type);
        if (!actual.equals(expected)) {
            throw new AssertionError(
                    "expected of '" + type.entrypoint() + "' to be enqueued: " + expected + ", was: " + actual);
        }
    }

    /**
     * Asserts that nothing was enqueued so far.
     *
     * @throws AssertionError if something was. The message lists it.
     */
    public void assertNothingEnqueued() {
        assertNone(enqueued());
    }

    /**
     * Asserts that nothing was enqueued so far for {@code entrypoint}.
     *
     * @throws AssertionError if something was. The message lists it.
     */
    public void assertNothingEnqueued(String entrypoint) {
        assertNone(enqueued(entrypoint));
    }

    private static void assertNone(List<EnqueuedJob> actual) {
        if (!actual.isEmpty()) {
            throw new AssertionError("expected nothing to be enqueued, was: " + actual);
        }
    }

    /**
     * Asserts that no job ended as failed and none is held. A job that succeeded after a retry is fine.
     *
     * @throws AssertionError if a job failed, with its stack trace.
     */
    public void assertNoFailures() {
        for (var job : enqueued()) {
            if (statusOf(job.id()).filter(FAILED::contains).isPresent()) {
                throw new AssertionError("job " + job.id() + " of entrypoint '" + job.entrypoint() + "' failed: "
                        + failureOf(job.id()).map(FailureRecord::stackTrace).orElse("without a record"));
            }
        }
    }

    /**
     * Stops the worker and empties the queue for the next test: no jobs, no schedules, no log, ids from 1, and nothing
     * enqueued so far. Time goes on from where it is.
     */
    public void reset() {
        worker.close();
        run = null;
        virtual.reset();
    }

    /** Stops the worker and closes the backend. */
    @Override
    public void close() {
        backend().close();
    }
}
