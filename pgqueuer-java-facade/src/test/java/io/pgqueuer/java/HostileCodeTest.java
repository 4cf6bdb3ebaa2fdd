package io.pgqueuer.java;

import static io.pgqueuer.java.Waiting.drain;
import static io.pgqueuer.java.Waiting.eventually;
import static io.pgqueuer.java.Waiting.get;
import static io.pgqueuer.java.Waiting.reached;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pgqueuer.JobTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Handlers, stages, policies and interceptors at their worst, beside jobs that have to succeed. */
class HostileCodeTest {
    private static final int MANY = 100;

    private final Backend backend = Backend.inMemory();

    @AfterEach
    void closeBackend() {
        backend.close();
    }

    @Test
    void aHandlerThatLeavesItsThreadInterruptedHarmsNoOtherJob() throws Exception {
        var worker = backend.worker()
                .entrypoint("hostile").handleAsync(run -> {
                    Thread.currentThread().interrupt();
                    return CompletableFuture.completedFuture(null);
                })
                .entrypoint("hostile and blocking").handle(run -> Thread.currentThread().interrupt())
                .entrypoint("innocent").onFailure(OnFailure.HOLD).handleAsync(run -> {
                    new CountDownLatch(1).await(1, TimeUnit.MICROSECONDS);
                    return run.queue().enqueue("follow-up").thenApply(HostileCodeTest::waited);
                })
                .entrypoint("innocent and blocking").onFailure(OnFailure.HOLD).handle(HostileCodeTest::waited)
                .entrypoint("follow-up").handle(run -> {})
                .build();
        var jobs = new ArrayList<NewJob>();
        for (int index = 0; index < MANY; index++) {
            jobs.add(NewJob.of("hostile"));
            jobs.add(NewJob.of("hostile and blocking"));
            jobs.add(NewJob.of("innocent"));
            jobs.add(NewJob.of("innocent and blocking"));
        }
        get(backend.queue().enqueueAll(jobs));
        var threads = Executors.newFixedThreadPool(2);
        try {
            var report = worker.start(options -> options.mode(RunMode.DRAIN).asyncHandlerExecutor(threads));

            assertEquals(5 * MANY, get(report).succeeded());
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void aFunctionThatLeavesItsThreadInterruptedHarmsNoOther() throws Exception {
        var all = new ArrayList<CompletableFuture<?>>();
        for (int index = 0; index < MANY; index++) {
            all.add(backend.queue().enqueue("a").thenRun(() -> Thread.currentThread().interrupt()));
            // Where the future was complete already, the function ran on this thread.
            Thread.interrupted();
            all.add(backend.queue().enqueue("b").thenApply(HostileCodeTest::waited));
        }
        for (var future : all) {
            get(future);
        }
    }

    @Test
    void aCancelledStageWhoseFunctionsBlockHoldsUpNoOtherCancellation() throws Exception {
        var stages = List.of(new CompletableFuture<Void>(), new CompletableFuture<Void>());
        var started = new CountDownLatch(2);
        var release = new CountDownLatch(1);
        stages.get(0).whenComplete((value, failure) -> awaitQuietly(release));
        try (var worker = backend.worker().entrypoint("stuck").handleAsync(run -> {
            started.countDown();
            return stages.get((int) run.job().id() - 1);
        }).build()) {
            worker.start();
            eventually(() -> get(worker.listenerHealthy(Duration.ofSeconds(1))));
            var ids = get(backend.queue().enqueueAll(List.of(NewJob.of("stuck"), NewJob.of("stuck"))));
            reached(started);

            get(backend.queue().cancel(ids.get(0)));
            get(backend.queue().cancel(ids.get(1)));

            eventually(stages.get(1)::isCancelled);
        } finally {
            release.countDown();
        }
    }

    @Test
    void exceptionsThatDoHarmAreRecordedAndTheirJobsRetried() throws Exception {
        var retries = RetryPolicy.exponentialBuilder(2).initialDelay(Duration.ofMillis(1)).build();
        var worker = backend.worker()
                .entrypoint("blocking").retry(retries).onFailure(OnFailure.HOLD).handle(run -> {
                    throw new Hostile();
                })
                .entrypoint("async").retry(retries).onFailure(OnFailure.HOLD)
                .handleAsync(run -> CompletableFuture.failedFuture(new Hostile()))
                .entrypoint("wrapped").retry(retries).onFailure(OnFailure.HOLD)
                .handleAsync(run -> run.queue().enqueue("innocent").thenApply(id -> {
                    throw new HostileCompletion();
                }))
                .entrypoint("retried").handle(run -> {
                    if (run.attempt() == 1) {
                        throw new HostileRetry();
                    }
                })
                .entrypoint("innocent").handle(run -> {})
                .build();
        get(backend.queue().enqueueAll(List.of(
                NewJob.of("blocking"), NewJob.of("async"), NewJob.of("wrapped"), NewJob.of("retried"))));

        var report = get(drain(worker));

        assertEquals(4, report.retried());
        assertEquals(3, report.held());
        assertEquals(3, report.succeeded());
    }

    @Test
    void aPolicyThatFailsCostsItsJobTheRetryAndTheRecordTellsBoth() throws Exception {
        var worker = backend.worker()
                .entrypoint("throws").onFailure(OnFailure.HOLD)
                .retry((failure, attempt) -> {
                    throw new IllegalStateException("the policy's");
                })
                .handle(run -> {
                    throw new IllegalArgumentException("the handler's");
                })
                .entrypoint("null").onFailure(OnFailure.HOLD).retry((failure, attempt) -> null).handle(run -> {
                    throw new IllegalArgumentException("the handler's");
                })
                .entrypoint("negative").retry((failure, attempt) -> Optional.of(Duration.ofSeconds(-1))).handle(run -> {
                    if (run.attempt() == 1) {
                        throw new IllegalArgumentException("the handler's");
                    }
                })
                .build();
        get(backend.queue().enqueueAll(List.of(NewJob.of("throws"), NewJob.of("null"), NewJob.of("negative"))));

        var report = get(drain(worker));

        assertEquals(2, report.held());
        assertEquals(1, report.succeeded());
        for (var held : get(backend.queue().heldJobs())) {
            var failure = held.failure().orElseThrow();
            assertEquals("the handler's", failure.message());
            assertTrue(failure.stackTrace().contains("The retry policy failed: "), failure.stackTrace());
        }
    }

    @Test
    void anInterceptorThatGoesOnTwiceDoesNotRunTheHandlerTwice() throws Exception {
        var runs = new AtomicInteger();
        var worker = backend.worker()
                .intercept((run, next) -> next.proceed().thenCompose(value -> next.proceed()))
                .defaults(all -> all.retry(RetryPolicy.none()))
                .entrypoint("blocking").handle(run -> runs.incrementAndGet())
                .entrypoint("async").handleAsync(run -> CompletableFuture.completedFuture(runs.incrementAndGet()))
                .build();
        get(backend.queue().enqueueAll(List.of(NewJob.of("blocking"), NewJob.of("async"))));

        assertEquals(2, get(drain(worker)).held());
        assertEquals(2, runs.get());
        for (var held : get(backend.queue().heldJobs())) {
            var failure = held.failure().orElseThrow();
            assertTrue(failure.message().contains("called next twice"), failure.message());
        }
    }

    @Test
    void aTimeoutDoesNotCountWhatInterceptorsTake() throws Exception {
        var timeout = Duration.ofMillis(300);
        var pause = new CountDownLatch(1);
        var seen = new AtomicReference<Throwable>();
        var worker = backend.worker()
                .defaults(all -> all.retry(RetryPolicy.none()))
                .intercept((run, next) -> {
                    pause.await(500, TimeUnit.MILLISECONDS);
                    return next.proceed();
                })
                .entrypoint("blocking").timeout(timeout).handle(run -> {})
                .entrypoint("async").timeout(timeout).handleAsync(run -> CompletableFuture.completedFuture(null))
                .entrypoint("slow").timeout(timeout).handle(run -> {
                    seen.set(assertThrows(InterruptedException.class, () -> new CountDownLatch(1).await()));
                    throw new IllegalStateException("interrupted");
                })
                .entrypoint("slow and async").timeout(timeout)
                .handleAsync(run -> new CompletableFuture<>())
                .build();
        get(backend.queue().enqueueAll(List.of(
                NewJob.of("blocking"), NewJob.of("async"), NewJob.of("slow"), NewJob.of("slow and async"))));

        var report = get(drain(worker));

        assertEquals(2, report.succeeded());
        assertEquals(2, report.held());
        assertInstanceOf(InterruptedException.class, seen.get());
        for (var held : get(backend.queue().heldJobs())) {
            var failure = held.failure().orElseThrow();
            assertEquals(JobTimeoutException.class.getName(), failure.type());
        }
    }

    /** Fails if the thread is interrupted. */
    private static <T> T waited(T value) {
        try {
            new CountDownLatch(1).await(1, TimeUnit.MICROSECONDS);
            return value;
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Hostile extends Exception {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no message for you");
        }

        @Override
        public String toString() {
            return null;
        }

        @Override
        public synchronized Throwable getCause() {
            throw new AssertionError("no cause for you");
        }

        @Override
        public StackTraceElement[] getStackTrace() {
            return null;
        }
    }

    private static final class HostileCompletion extends CompletionException {
        private static final long serialVersionUID = 1L;

        @Override
        public synchronized Throwable getCause() {
            throw new AssertionError("no cause for you");
        }
    }

    private static final class HostileRetry extends RetryRequested {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no message for you");
        }
    }
}
