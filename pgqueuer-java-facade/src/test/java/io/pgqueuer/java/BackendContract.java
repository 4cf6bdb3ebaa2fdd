package io.pgqueuer.java;

import static java.nio.charset.StandardCharsets.UTF_8;
import static io.pgqueuer.java.Waiting.drain;
import static io.pgqueuer.java.Waiting.eventually;
import static io.pgqueuer.java.Waiting.failureOf;
import static io.pgqueuer.java.Waiting.get;
import static io.pgqueuer.java.Waiting.reached;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pgqueuer.BackendExtension;
import io.pgqueuer.DuplicateJobException;
import io.pgqueuer.EnqueueCall;
import io.pgqueuer.EnqueueCallInterceptor;
import io.pgqueuer.JobId;
import io.pgqueuer.JobTimeoutException;
import io.pgqueuer.SchemaException;
import io.pgqueuer.StoreClosedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a backend does, on every store. */
abstract class BackendContract {
    private static final JobType<String> GREET = JobType.of("greet", PayloadCodec.utf8());

    Backend backend;
    CompletionWatcher watcher;

    /** Makes a backend on an empty, installed queue. */
    abstract Backend open(Consumer<BackendOptions> options) throws Exception;

    @BeforeEach
    void openBackend() throws Exception {
        backend = open(options -> {});
        watcher = backend.completionWatcher();
    }

    @AfterEach
    void closeBackend() {
        backend.close();
    }

    // Producing

    @Test
    void anEnqueuedJobIsHandledOnceAndItsEndIsAwaited() throws Exception {
        var seen = new CopyOnWriteArrayList<StoredJob>();
        try (var worker = backend.worker().entrypoint("fetch").handle(run -> seen.add(run.job())).build()) {
            worker.start();
            long id = get(backend.queue().enqueue("fetch", bytes("a page")));

            assertEquals(JobStatus.SUCCESSFUL, get(watcher.awaitCompletion(id)));
            assertEquals(List.of(id), seen.stream().map(StoredJob::id).toList());
            assertArrayEquals(bytes("a page"), seen.get(0).payload().orElseThrow());
            assertEquals(JobStatus.PICKED, seen.get(0).status());
            assertEquals("fetch", seen.get(0).entrypoint());
            assertEquals(Optional.empty(), get(backend.insights().job(id)));
        }
    }

    @Test
    void aJobIsStoredAsItWasBuilt() throws Exception {
        var payload = bytes("first");
        var builder = NewJob.builder("fetch", payload)
                .priority(7)
                .delay(Duration.ofHours(2))
                .dedupeKey("fetch:1")
                .headers(Map.of("a", "1"))
                .header("b", "two");
        var built = builder.build();
        payload[0] = 'X';

        var job = get(backend.insights().job(get(backend.queue().enqueue(built)))).orElseThrow();

        assertArrayEquals(bytes("first"), job.payload().orElseThrow());
        assertEquals(5, job.payloadBytes().orElseThrow());
        assertEquals(7, job.priority());
        assertEquals(Optional.of("fetch:1"), job.dedupeKey());
        assertEquals(Map.of("a", "1", "b", "two"), job.headers());
        assertEquals(Duration.ofHours(2), Duration.between(job.created(), job.runAt()));
        assertEquals(JobStatus.QUEUED, job.status());
        assertEquals(0, job.attempts());
        assertEquals(0, job.rescues());
        assertEquals(0, job.leaseEpoch());
        assertEquals(Optional.empty(), job.workerId());
        assertFalse(job.updated().isBefore(job.created()));
        assertNotNull(job.heartbeat());
    }

    @Test
    void aJobWithoutPayloadHasNoneAndNoHeaders() throws Exception {
        var job = get(backend.insights().job(get(backend.queue().enqueue("fetch")))).orElseThrow();

        assertEquals(Optional.empty(), job.payload());
        assertEquals(OptionalInt.empty(), job.payloadBytes());
        assertEquals(Optional.empty(), job.dedupeKey());
        assertEquals(Map.of(), job.headers());
    }

    @Test
    void aBatchHasItsIdsInTheOrderOfTheInput() throws Exception {
        var ids = get(backend.queue().enqueueAll(List.of(NewJob.of("a"), NewJob.of("b"), NewJob.of("c"))));

        var entrypoints = new ArrayList<String>();
        for (long id : ids) {
            entrypoints.add(get(backend.insights().job(id)).orElseThrow().entrypoint());
        }
        assertEquals(List.of("a", "b", "c"), entrypoints);
    }

    @Test
    void aTakenDedupeKeyFailsTheWholeBatchWithTheExceptionItself() throws Exception {
        var taken = NewJob.builder("fetch").dedupeKey("taken").build();
        get(backend.queue().enqueue(taken));

        var failure = failureOf(
                DuplicateJobException.class, backend.queue().enqueueAll(List.of(NewJob.of("fetch"), taken)));

        assertEquals(List.of("taken"), failure.getKeys());
        assertEquals(1, total());
    }

    @Test
    void aTakenDedupeKeyIsSkippedWhereThatIsAskedFor() throws Exception {
        var taken = NewJob.builder("fetch").dedupeKey("taken").build();
        long id = get(backend.queue().enqueue(taken, OnConflict.SKIP)).orElseThrow();

        assertEquals(OptionalLong.empty(), get(backend.queue().enqueue(taken, OnConflict.SKIP)));
        var ids = get(backend.queue().enqueueAll(List.of(taken, NewJob.of("fetch")), OnConflict.SKIP));
        assertEquals(OptionalLong.empty(), ids.get(0));
        assertTrue(ids.get(1).orElseThrow() > id);
        assertEquals(2, total());
    }

    @Test
    void optionsOfAJobAreSetWhereItIsEnqueued() throws Exception {
        var queue = backend.queue();
        var noon = Instant.parse("2100-01-02T12:00:00Z");

        long bare = get(queue.enqueue("fetch", job -> job.priority(1)));
        long withPayload = get(queue.enqueue("fetch", bytes("a"), job -> job.runAt(noon)));
        long typed = get(queue.enqueue(GREET, "Ann", job -> job.dedupeKey("ann").header("a", "1")));

        assertEquals(1, stored(bare).priority());
        assertEquals(noon, stored(withPayload).runAt());
        assertEquals(1, stored(withPayload).payloadBytes().orElseThrow());
        assertEquals(Optional.of("ann"), stored(typed).dedupeKey());
        assertEquals(Map.of("a", "1"), stored(typed).headers());
        assertArrayEquals(bytes("Ann"), stored(typed).payload().orElseThrow());
    }

    @Test
    void aPayloadAboveTheLimitOfTheBackendFailsItsEnqueue() throws Exception {
        try (var small = open(options -> options.maxPayloadBytes(3))) {
            get(small.queue().enqueue("fetch", new byte[3]));

            failureOf(IllegalArgumentException.class, small.queue().enqueue("fetch", new byte[4]));
            failureOf(
                    IllegalArgumentException.class,
                    small.queue().enqueueAll(List.of(NewJob.of("a"), NewJob.of("a", new byte[4]))));
            assertEquals(1, total(small));
        }
    }

    @Test
    void anEnqueueInterceptorSeesEveryJobOnceInWhateverWayItIsEnqueued() throws Exception {
        var seen = new CopyOnWriteArrayList<String>();
        try (var traced = open(options -> options
                .interceptEnqueue(job -> {
                    seen.add(job.entrypoint());
                    return job.with(copy -> copy.header("tenant", "t1"));
                })
                .interceptEnqueue(job -> job.with(copy -> copy.header("seen", job.headers().get("tenant")))))) {
            var queue = traced.queue();
            var follower = new CompletableFuture<Long>();
            var worker = traced.worker()
                    .entrypoint("first").handle(job -> follower.complete(job.queue().enqueue("h").join()))
                    .build();
            var ids = new ArrayList<Long>();
            ids.add(get(queue.enqueue("a", bytes("x"), job -> job.header("own", "1").priority(3))));
            ids.add(get(queue.enqueue(NewJob.of("b"), OnConflict.SKIP)).orElseThrow());
            ids.addAll(get(queue.enqueueAll(List.of(NewJob.of("c"), NewJob.of("d")))));
            ids.add(get(queue.enqueueAll(List.of(NewJob.of("e")), OnConflict.SKIP)).get(0).orElseThrow());
            ids.add(get(queue.enqueue("f")));
            ids.add(get(queue.enqueue(GREET, "Ann")));
            get(queue.enqueue("first"));
            get(drain(worker));
            ids.add(get(follower));

            assertEquals(List.of("a", "b", "c", "d", "e", "f", "greet", "first", "h"), seen);
            for (var id : ids) {
                var headers = get(traced.insights().job(id)).orElseThrow().headers();
                assertEquals("t1", headers.get("tenant"));
                assertEquals("t1", headers.get("seen"));
            }
            var first = get(traced.insights().job(ids.get(0))).orElseThrow();
            assertEquals(Map.of("own", "1", "tenant", "t1", "seen", "t1"), first.headers());
            assertEquals(3, first.priority());
            assertArrayEquals(bytes("x"), first.payload().orElseThrow());
        }
    }

    @Test
    void anExtensionSeesEveryCallThatEnqueuesAndItsResult() throws Exception {
        var seen = new CopyOnWriteArrayList<String>();
        try (var extended = open(options -> options.install(new BackendExtension() {
            @Override
            public EnqueueCallInterceptor getEnqueueCallInterceptor() {
                return jobs -> new EnqueueCall() {
                    @Override
                    public List<io.pgqueuer.NewJob> getJobs() {
                        return jobs;
                    }

                    @Override
                    public void stored(List<JobId> ids) {
                        seen.add(jobs.size() + " of " + jobs.get(0).getEntrypoint() + ": " + ids);
                    }

                    @Override
                    public void failed(Throwable failure) {
                        seen.add(jobs.size() + " failed: " + failure.getClass().getSimpleName());
                    }
                };
            }
        }))) {
            long one = get(extended.queue().enqueue("a", bytes("x"), job -> job.dedupeKey("k")));
            var two = get(extended.queue().enqueueAll(List.of(NewJob.of("b"), NewJob.of("b"))));
            failureOf(DuplicateJobException.class, extended.queue().enqueue("a", bytes("x"), job -> job.dedupeKey("k")));

            assertEquals(
                    List.of("1 of a: [" + one + "]", "2 of b: " + two, "1 failed: DuplicateJobException"), seen);
        }
    }

    @Test
    void anEnqueueInterceptorThatThrowsFailsTheEnqueueAndNothingIsStored() throws Exception {
        try (var broken = open(options -> options.interceptEnqueue(job -> {
            throw new UnsupportedOperationException("no tenant");
        }))) {
            failureOf(UnsupportedOperationException.class, broken.queue().enqueue("a"));
            failureOf(UnsupportedOperationException.class, broken.queue().enqueueAll(List.of(NewJob.of("a"))));
            assertEquals(0, total(broken));
        }
    }

    @Test
    void queuedJobsAreCanceledAndOthersAreNot() throws Exception {
        var queue = backend.queue();
        long one = get(queue.enqueue("fetch"));
        long two = get(queue.enqueue("fetch"));
        long three = get(queue.enqueue("fetch"));

        assertTrue(get(queue.cancel(one)));
        assertFalse(get(queue.cancel(one)));
        assertEquals(Set.of(two), get(queue.cancel(List.of(one, two))));
        assertEquals(Set.of(three), get(backend.insights().inQueue(List.of(one, three))));
        assertEquals(Optional.empty(), get(backend.insights().job(three)).orElseThrow().cancelRequestedAt());
        assertEquals(Map.of(one, JobStatus.CANCELED, two, JobStatus.CANCELED, three, JobStatus.QUEUED),
                get(backend.insights().lastStatuses(List.of(one, two, three))));
    }

    @Test
    void clearingDeletesTheJobsOfOneEntrypointOnly() throws Exception {
        var queue = backend.queue();
        get(queue.enqueueAll(List.of(NewJob.of("a"), NewJob.of("a"), NewJob.of("b"))));

        assertEquals(2, get(queue.clear("a")));
        assertEquals(1, total());
    }

    // Consuming

    @Test
    void aTypedHandlerGetsDecodedValues() throws Exception {
        var seen = new CopyOnWriteArrayList<String>();
        var worker = backend.worker().entrypoint(GREET).handle((name, job) -> seen.add(name + job.attempt())).build();
        get(backend.queue().enqueue(GREET, "Ann"));
        get(backend.queue().enqueue(GREET.newJob("Björn", job -> job.priority(1))));

        assertEquals(2, get(drain(worker)).succeeded());
        assertEquals(Set.of("Ann1", "Björn1"), Set.copyOf(seen));
    }

    @Test
    void defaultsAreThoseOfEveryEntrypointThatSetsNone() throws Exception {
        var builder = backend.worker();
        assertThrows(IllegalArgumentException.class, () -> builder.defaults(all -> all.concurrencyLimit(0)));
        get(backend.queue().enqueueAll(
                List.of(NewJob.of("blocking"), NewJob.of("async"), NewJob.of("held"))));

        var worker = backend.worker()
                .entrypoint("blocking").handle(job -> {
                    throw new IllegalStateException("broken");
                })
                .defaults(all -> all.retry(RetryPolicy.none()).onFailure(OnFailure.DELETE))
                .entrypoint("async").handleAsync(job -> CompletableFuture.failedFuture(new IOException("broken")))
                .entrypoint("held").onFailure(OnFailure.HOLD).handle(job -> {
                    throw new IllegalStateException("broken");
                })
                .build();
        var report = get(drain(worker));

        assertEquals(2, report.failed());
        assertEquals(1, report.held());
    }

    @Test
    void aDefaultTimeoutCountsInsideInterceptorsAndAnEntrypointCanHaveNone() throws Exception {
        var given = new CopyOnWriteArrayList<String>();
        var worker = backend.worker()
                .defaults(all -> all.retry(RetryPolicy.none()).timeout(Duration.ofMillis(50)).concurrencyLimit(1)
                        .onUndecodable(OnFailure.DELETE))
                .intercept((job, next) -> {
                    Thread.sleep(100);
                    return next.proceed();
                })
                .onGiveUp((job, failure) -> given.add(job.entrypoint() + " " + failure.type()))
                .entrypoint("quick").handle(job -> {})
                .entrypoint("stuck").handle(job -> Thread.sleep(60_000))
                .entrypoint("slow").noTimeout().noConcurrencyLimit().handle(job -> Thread.sleep(100))
                .entrypoint(GREET).handle((name, job) -> {})
                .build();
        get(backend.queue().enqueueAll(List.of(NewJob.of("quick"), NewJob.of("stuck"), NewJob.of("slow"))));
        get(backend.queue().enqueue("greet", new byte[] {(byte) 0xff}));

        var report = get(drain(worker));

        assertEquals(2, report.succeeded());
        assertEquals(1, report.held());
        assertEquals(1, report.failed());
        assertTrue(given.contains("stuck io.pgqueuer.JobTimeoutException"), given.toString());
        assertEquals(2, given.size());
    }

    @Test
    void aDeferredJobIsMadeDueAndOthersStayAsTheyAre() throws Exception {
        var later = NewJob.builder("later").delay(Duration.ofHours(1)).build();
        var ids = get(backend.queue().enqueueAll(List.of(later, NewJob.of("later"), later)));

        assertEquals(true, get(backend.queue().runNow(ids.get(0))));
        assertEquals(false, get(backend.queue().runNow(ids.get(0))));
        assertEquals(Set.of(ids.get(2)), get(backend.queue().runNow(ids)));
    }

    @Test
    void heldJobsAreListedAndCountedByEntrypointAndDismissed() throws Exception {
        var worker = backend.worker().defaults(all -> all.retry(RetryPolicy.none()))
                .entrypoint("a").handle(job -> {
                    throw new IllegalStateException("broken");
                })
                .entrypoint("b").handle(job -> {
                    throw new IllegalStateException("broken");
                })
                .build();
        var ids = get(backend.queue().enqueueAll(List.of(NewJob.of("a"), NewJob.of("b"), NewJob.of("a"))));
        get(drain(worker));

        assertEquals(Map.of("a", 2L, "b", 1L), get(backend.insights().heldCounts()));
        assertEquals(2, get(backend.queue().heldJobs(10, Long.MIN_VALUE, "a")).size());
        assertEquals(ids.get(2), get(backend.insights().heldJobs(10, ids.get(0), "a")).get(0).job().id());
        assertEquals(true, get(backend.queue().dismiss(ids.get(0))));
        assertEquals(false, get(backend.queue().dismiss(ids.get(0))));
        assertEquals(Set.of(ids.get(1), ids.get(2)), get(backend.queue().dismiss(ids)));
        assertEquals(Map.of(), get(backend.insights().heldCounts()));
        assertEquals(JobStatus.DELETED, get(backend.insights().lastStatuses(ids)).get(ids.get(0)));
    }

    @Test
    void aWaitCanEndWhenTheJobIsHeldAndStatusesArePassedOn() throws Exception {
        var worker = backend.worker().defaults(all -> all.retry(RetryPolicy.none()))
                .entrypoint("a").handle(job -> {
                    throw new IllegalStateException("broken");
                })
                .build();
        var seen = new CopyOnWriteArrayList<JobStatus>();
        long id = get(backend.queue().enqueue("a"));
        try (var watcher = backend.completionWatcher(options -> options.endOnHeld(true))) {
            var last = watcher.statuses(id, seen::add);
            eventually(() -> seen.contains(JobStatus.QUEUED));
            get(drain(worker));

            assertEquals(JobStatus.HELD, get(last));
            assertEquals(JobStatus.HELD, get(watcher.awaitCompletion(id)));
            assertEquals(JobStatus.HELD, List.copyOf(seen).get(seen.size() - 1));
            var failed = watcher.statuses(id, status -> {
                throw new IllegalStateException("no screen");
            });
            assertEquals("no screen", assertThrows(ExecutionException.class, failed::get).getCause().getMessage());
        }
    }

    @Test
    void aPayloadThatCannotBeDecodedFailsItsJobWithoutARetry() throws Exception {
        var handled = new AtomicInteger();
        var worker = backend.worker()
                .entrypoint(GREET)
                .onFailure(OnFailure.HOLD)
                .retry(RetryPolicy.exponential(5))
                .handleAsync((name, job) -> CompletableFuture.completedFuture(handled.incrementAndGet()))
                .build();
        get(backend.queue().enqueue("greet", new byte[] {(byte) 0xff}));

        var report = get(drain(worker));

        assertEquals(1, report.held());
        assertEquals(0, report.retried());
        assertEquals(0, handled.get());
    }

    @Test
    void anAsyncHandlerCompletesItsJobOnlyWhenItsStageEnds() throws Exception {
        var started = new CompletableFuture<JobContext>();
        var stage = new CompletableFuture<String>();
        try (var worker = backend.worker().entrypoint("fetch").handleAsync(run -> {
            started.complete(run);
            return stage;
        }).build()) {
            worker.start();
            long id = get(backend.queue().enqueue("fetch"));
            get(started);
            assertEquals(JobStatus.PICKED, get(backend.insights().job(id)).orElseThrow().status());
            assertEquals(1, get(backend.insights().activeWorkers()).get(0).jobs());

            stage.complete("any value");

            assertEquals(JobStatus.SUCCESSFUL, get(watcher.awaitCompletion(id)));
        }
    }

    @Test
    void cancelingAJobInterruptsItsBlockingHandler() throws Exception {
        var started = new CountDownLatch(1);
        var interrupted = new CountDownLatch(1);
        try (var worker = backend.worker().entrypoint("stuck").handle(run -> {
            started.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
        }).build()) {
            var report = startListening(worker);
            long id = get(backend.queue().enqueue("stuck"));
            reached(started);

            assertTrue(get(backend.queue().cancel(id)));

            reached(interrupted);
            assertEquals(JobStatus.CANCELED, get(watcher.awaitCompletion(id)));
            worker.shutdown();
            assertEquals(1, get(report).canceled());
            assertEquals(0, get(report).failed());
        }
    }

    @Test
    void cancelingAJobCancelsTheFutureOfItsAsyncHandler() throws Exception {
        var stage = new CompletableFuture<Void>();
        var started = new CountDownLatch(1);
        try (var worker = backend.worker().entrypoint("stuck").handleAsync(run -> {
            started.countDown();
            return stage;
        }).build()) {
            startListening(worker);
            long id = get(backend.queue().enqueue("stuck"));
            reached(started);

            get(backend.queue().cancel(id));

            eventually(stage::isCancelled);
        }
    }

    @Test
    void aFailedJobIsHeldWithItsFailureAndRunsAgainOnceRequeued() throws Exception {
        var broken = new AtomicBoolean(true);
        try (var worker = backend.worker().entrypoint("fetch").retry(RetryPolicy.none()).handle(run -> {
            if (broken.get()) {
                throw new IOException("the server is away");
            }
        }).build()) {
            worker.start();
            long id = get(backend.queue().enqueue("fetch", bytes("abc")));
            eventually(() -> !get(backend.queue().heldJobs()).isEmpty());

            var held = get(backend.queue().heldJobs()).get(0);
            assertEquals(id, held.job().id());
            assertEquals(JobStatus.HELD, held.job().status());
            assertEquals(Optional.empty(), held.job().payload());
            assertEquals(3, held.job().payloadBytes().orElseThrow());
            var failure = held.failure().orElseThrow();
            assertEquals(id, failure.jobId());
            assertEquals("java.io.IOException", failure.type());
            assertEquals("the server is away", failure.message());
            assertTrue(failure.stackTrace().contains("BackendContract"), failure.stackTrace());
            assertEquals("fetch", failure.context().get("entrypoint"));
            assertNotNull(failure.timestamp());
            assertEquals(1, get(backend.queue().heldJobs(10)).size());
            assertEquals(List.of(), get(backend.queue().heldJobs(10, id)));
            assertEquals(id, get(backend.insights().heldJobs()).get(0).job().id());
            assertEquals(id, get(backend.insights().heldJobs(1)).get(0).job().id());
            assertEquals(id, get(backend.insights().heldJobs(1, id - 1)).get(0).job().id());

            broken.set(false);
            assertTrue(get(backend.queue().requeue(id)));
            assertEquals(JobStatus.SUCCESSFUL, get(watcher.awaitCompletion(id)));
            assertEquals(Set.of(), get(backend.queue().requeue(List.of(id))));
        }
    }

    @Test
    void aRetryThatWasAskedForIsOneAttemptMoreWithItsReasonInTheLog() throws Exception {
        var attempts = new CopyOnWriteArrayList<Integer>();
        var worker = backend.worker()
                .entrypoint("blocking")
                .handle(run -> {
                    attempts.add(run.attempt());
                    if (run.attempt() == 1) {
                        throw new RetryRequested(Duration.ofMillis(20), "not yet");
                    }
                })
                .entrypoint("async")
                .handleAsync(run -> run.attempt() == 1
                        ? CompletableFuture.supplyAsync(() -> {
                            throw new RetryRequested();
                        })
                        : CompletableFuture.completedFuture(null))
                .build();
        long blocking = get(backend.queue().enqueue("blocking"));
        get(backend.queue().enqueue("async"));

        var report = get(drain(worker));

        assertEquals(2, report.succeeded());
        assertEquals(2, report.retried());
        assertEquals(List.of(1, 2), attempts);
        var failure = get(backend.insights().log(blocking)).stream()
                .flatMap(entry -> entry.failure().stream())
                .findFirst()
                .orElseThrow();
        assertEquals("not yet", failure.message());
        assertEquals("0.02", failure.context().get("retry_delay"));
    }

    @Test
    void aPolicyOfOnesOwnGetsTheVeryExceptionThatWasThrown() throws Exception {
        var thrown = new IllegalStateException("broken");
        var thrownLater = new IllegalArgumentException("broken later");
        var seen = new CopyOnWriteArrayList<Throwable>();
        RetryPolicy twice = (failure, attempt) -> {
            seen.add(failure);
            return attempt < 2 ? Optional.of(Duration.ZERO) : Optional.empty();
        };
        var worker = backend.worker()
                .entrypoint("blocking").retry(twice).handle(run -> {
                    throw thrown;
                })
                .entrypoint("async").retry(twice).handleAsync(run -> CompletableFuture.runAsync(() -> {
                    throw thrownLater;
                }))
                .build();
        get(backend.queue().enqueueAll(List.of(NewJob.of("blocking"), NewJob.of("async"))));

        var report = get(drain(worker));

        assertEquals(2, report.retried());
        assertEquals(2, report.held());
        assertEquals(2, seen.stream().filter(failure -> failure == thrown).count());
        assertEquals(2, seen.stream().filter(failure -> failure == thrownLater).count());
    }

    @Test
    void anExponentialPolicyRetriesWhatItIsForUntilTheAttemptsAreSpent() throws Exception {
        var runs = new AtomicInteger();
        var policy = RetryPolicy.exponentialBuilder(3)
                .initialDelay(Duration.ofMillis(1))
                .factor(1.5)
                .maxDelay(Duration.ofMillis(5))
                .jitter(0)
                .retryOn(IOException.class::isInstance)
                .build();
        var worker = backend.worker()
                .entrypoint("away").retry(policy).handle(run -> {
                    runs.incrementAndGet();
                    throw new IOException("away");
                })
                .entrypoint("wrong").retry(policy).handle(run -> {
                    throw new IllegalStateException("wrong");
                })
                .build();
        get(backend.queue().enqueueAll(List.of(NewJob.of("away"), NewJob.of("wrong"))));

        var report = get(drain(worker));

        assertEquals(3, runs.get());
        assertEquals(2, report.retried());
        assertEquals(2, report.held());
    }

    @Test
    void aTimeoutEndsTheHandlerAndTellsTheJobAndTheTime() throws Exception {
        var seen = new AtomicReference<Throwable>();
        var stage = new CompletableFuture<Void>();
        var worker = backend.worker()
                .entrypoint("slow")
                .timeout(Duration.ofMillis(50))
                .retry((failure, attempt) -> {
                    seen.set(failure);
                    return Optional.empty();
                })
                .handleAsync(run -> stage)
                .build();
        long id = get(backend.queue().enqueue("slow"));

        assertEquals(1, get(drain(worker)).held());

        assertTrue(stage.isCancelled());
        var timeout = assertInstanceOf(JobTimeoutException.class, seen.get());
        assertEquals(id, ExceptionDetails.jobId(timeout));
        assertEquals(Duration.ofMillis(50), ExceptionDetails.timeout(timeout));
    }

    @Test
    void aConcurrencyLimitOfOneLetsTwoJobsNeverMeet() throws Exception {
        var at = new AtomicInteger();
        var most = new AtomicInteger();
        var worker = backend.worker().entrypoint("alone").concurrencyLimit(1).handle(run -> {
            most.accumulateAndGet(at.incrementAndGet(), Math::max);
            at.decrementAndGet();
        }).build();
        get(backend.queue().enqueueAll(List.of(NewJob.of("alone"), NewJob.of("alone"), NewJob.of("alone"))));

        assertEquals(3, get(drain(worker)).succeeded());
        assertEquals(1, most.get());
    }

    @Test
    void blockingHandlersRunSideBySide() throws Exception {
        var together = new CyclicBarrier(10);
        var worker = backend.worker().entrypoint("meet").handle(run -> together.await(20, TimeUnit.SECONDS)).build();
        get(backend.queue().enqueueAll(Collections.nCopies(10, NewJob.of("meet"))));

        assertEquals(10, get(drain(worker)).succeeded());
    }

    @Test
    void aHandlerEnqueuesFollowUpJobs() throws Exception {
        var worker = backend.worker()
                .entrypoint("first").handle(run -> run.queue().enqueue("second", bytes("of " + run.job().id())).join())
                .entrypoint("second").handle(run -> assertNotNull(run.payload()))
                .build();
        get(backend.queue().enqueue("first"));

        assertEquals(2, get(drain(worker)).succeeded());
    }

    @Test
    void theLeaseEpochGrowsWithEachRun() throws Exception {
        var epochs = new CopyOnWriteArrayList<Long>();
        var worker = backend.worker().entrypoint("fetch").handle(run -> {
            epochs.add(run.leaseEpoch());
            if (run.attempt() < 3) {
                throw new RetryRequested(Duration.ZERO);
            }
        }).build();
        get(backend.queue().enqueue("fetch"));
        get(drain(worker));

        assertEquals(3, epochs.size());
        assertEquals(new TreeSet<>(epochs).stream().toList(), epochs);
    }

    @Test
    void asyncHandlersAreCalledByTheExecutorOfTheOptions() throws Exception {
        var thread = new CompletableFuture<String>();
        var worker = backend.worker().entrypoint("fetch").handleAsync(run -> {
            thread.complete(Thread.currentThread().getName());
            return CompletableFuture.completedFuture(null);
        }).build();
        get(backend.queue().enqueue("fetch"));

        get(worker.start(options -> options
                .mode(RunMode.DRAIN)
                .asyncHandlerExecutor(task -> new Thread(task, "my own").start())));

        assertTrue(get(thread).startsWith("my own"), get(thread));
    }

    @Test
    void aHandlerThatReturnsNoStageFailsItsJob() throws Exception {
        var worker = backend.worker().entrypoint("fetch").retry(RetryPolicy.none()).handleAsync(run -> null).build();
        get(backend.queue().enqueue("fetch"));

        assertEquals(1, get(drain(worker)).held());
        var failure = get(backend.queue().heldJobs()).get(0).failure().orElseThrow();
        assertEquals("the handler returned null instead of a stage", failure.message());
    }

    @Test
    void aPayloadThatCannotBeDecodedIsHeldUnlessItsDeletionIsAskedFor() throws Exception {
        var kept = JobType.of("kept", JacksonCodec.of(Integer.class));
        var dropped = JobType.of("dropped", JacksonCodec.of(Integer.class));
        var worker = backend.worker()
                .entrypoint(kept).handle((number, job) -> {})
                .entrypoint(dropped).onUndecodable(OnFailure.DELETE).handle((number, job) -> {})
                .build();
        get(backend.queue().enqueue("kept", "{".getBytes(UTF_8)));
        get(backend.queue().enqueue("dropped", "{".getBytes(UTF_8)));

        var report = get(drain(worker));

        assertEquals(1, report.held());
        assertEquals(1, report.failed());
    }

    @Test
    void aHandlerThatReadsAMissingPayloadFailsItsJobAndIsToldHowToAllowIt() throws Exception {
        var worker = backend.worker()
                .entrypoint("strict").retry(RetryPolicy.none()).handle(JobContext::payload)
                .entrypoint("lenient").handle(job -> assertEquals(Optional.empty(), job.job().payload()))
                .build();
        long id = get(backend.queue().enqueue("strict"));
        get(backend.queue().enqueue("lenient"));

        var report = get(drain(worker));

        assertEquals(1, report.held());
        assertEquals(1, report.succeeded());
        assertEquals(
                "job " + id + " of entrypoint 'strict' has no payload; if that is allowed, read job().payload()",
                get(backend.queue().heldJobs()).get(0).failure().orElseThrow().message());
    }

    @Test
    void interceptorsWrapBlockingHandlersOnTheirThreadTheFirstOutermost() throws Exception {
        var steps = new CopyOnWriteArrayList<String>();
        var threads = new CopyOnWriteArrayList<Thread>();
        var worker = backend.worker()
                .intercept((run, next) -> {
                    threads.add(Thread.currentThread());
                    steps.add("outer of " + run.job().entrypoint());
                    return next.proceed().thenRun(() -> steps.add("outer done"));
                })
                .intercept((run, next) -> {
                    steps.add("inner");
                    return next.proceed();
                })
                .entrypoint(GREET).handle((name, job) -> {
                    threads.add(Thread.currentThread());
                    steps.add(name);
                })
                .build();
        get(backend.queue().enqueue(GREET, "Ann"));
        get(drain(worker));

        assertEquals(List.of("outer of greet", "inner", "Ann", "outer done"), steps);
        assertSame(threads.get(0), threads.get(1));
    }

    @Test
    void asyncInterceptorsSeeTheEndOfTheHandlerAndACancellationReachesAllStages() throws Exception {
        var stage = new CompletableFuture<Void>();
        var seen = new CompletableFuture<Throwable>();
        var started = new CountDownLatch(1);
        try (var worker = backend.worker()
                .intercept((run, next) -> next.proceed().whenComplete((value, failure) -> seen.complete(failure)))
                .entrypoint("stuck").handleAsync(run -> {
                    started.countDown();
                    return stage;
                })
                .build()) {
            startListening(worker);
            long id = get(backend.queue().enqueue("stuck"));
            reached(started);

            get(backend.queue().cancel(id));

            eventually(stage::isCancelled);
            assertNotNull(get(seen));
        }
    }

    @Test
    void everyInterceptorHearsHowEachRunEndedOfBlockingAndAsyncHandlers() throws Exception {
        var told = new CopyOnWriteArrayList<String>();
        var contexts = new CopyOnWriteArrayList<JobContext>();
        var first = new JobInterceptor() {
            @Override
            public CompletionStage<?> intercept(JobContext context, Next next) {
                contexts.add(context);
                return next.proceed();
            }

            @Override
            public void onOutcome(JobContext context, JobOutcome outcome) {
                assertTrue(contexts.contains(context));
                told.add(context.job().entrypoint() + context.attempt() + nameOf(outcome));
                throw new IllegalStateException("an interceptor that fails changes nothing");
            }
        };
        var second = new JobInterceptor() {
            @Override
            public CompletionStage<?> intercept(JobContext context, Next next) {
                contexts.add(context);
                return next.proceed();
            }

            @Override
            public void onOutcome(JobContext context, JobOutcome outcome) {
                assertTrue(contexts.contains(context));
                told.add(context.job().entrypoint() + context.attempt() + nameOf(outcome));
            }
        };
        var worker = backend.worker()
                .intercept(first)
                .intercept(second)
                .entrypoint("blocking").retry(RetryPolicy.none()).handle(job -> {
                    if (job.attempt() == 1) {
                        throw new RetryRequested();
                    }
                    throw new IOException("away");
                })
                .entrypoint("async").handleAsync(job -> job.attempt() == 1
                        ? CompletableFuture.failedFuture(new RetryRequested())
                        : CompletableFuture.completedFuture(null))
                .build();
        get(backend.queue().enqueueAll(List.of(NewJob.of("blocking"), NewJob.of("async"))));

        get(drain(worker));

        assertEquals(
                Set.of("blocking1Retried", "blocking2Held", "async1Retried", "async2Succeeded"), Set.copyOf(told));
        assertEquals(8, told.size());
        assertEquals(8, contexts.size());
        assertTrue(contexts.stream().noneMatch(context -> context.waited().isNegative()));
    }

    @Test
    void observersOfAWorkerAndOfItsBackendSeeWhatItDoes() throws Exception {
        var seen = new CopyOnWriteArrayList<WorkerEvent>();
        var seenByBackend = new CopyOnWriteArrayList<WorkerEvent>();
        try (var observed = open(options -> options.observe(seenByBackend::add))) {
            var worker = observed.worker()
                    .observe(seen::add)
                    .entrypoint("fetch").handle(job -> {})
                    .entrypoint("broken").retry(RetryPolicy.none()).onFailure(OnFailure.DELETE).handle(job -> {
                        if (job.attempt() == 1) {
                            throw new RetryRequested(Duration.ofMillis(1), "not yet");
                        }
                        throw new IOException("away");
                    })
                    .build();
            long id = get(observed.queue().enqueue("fetch"));
            get(observed.queue().enqueue("broken"));

            get(drain(worker));

            eventually(() -> ended(seen).size() == 3 && ended(seenByBackend).size() == 3);
            var started = assertInstanceOf(WorkerEvent.WorkerStarted.class, seen.get(0));
            assertTrue(started.maxConcurrentTasks() >= 64, () -> "was " + started.maxConcurrentTasks());
            assertEquals(0, started.activeJobs());
            eventually(() -> seen.get(seen.size() - 1) instanceof WorkerEvent.WorkerStopped);
            var fetched = ended(seen).stream().filter(it -> it.job().id() == id).findFirst().orElseThrow();
            assertInstanceOf(JobOutcome.Succeeded.class, fetched.outcome());
            assertFalse(fetched.ran().isNegative());
            var broken = ended(seen).stream().filter(it -> it.job().id() != id).toList();
            var retried = assertInstanceOf(JobOutcome.Retried.class, broken.get(0).outcome());
            assertEquals(Duration.ofMillis(1), retried.delay());
            assertEquals("not yet", retried.failure().message());
            assertInstanceOf(RetryRequested.class, retried.exception().orElseThrow());
            var failed = assertInstanceOf(JobOutcome.Failed.class, broken.get(1).outcome());
            assertEquals("away", failed.failure().message());
            assertInstanceOf(IOException.class, failed.exception().orElseThrow());
            var claimed = seen.stream()
                    .filter(WorkerEvent.JobsClaimed.class::isInstance)
                    .flatMap(event -> ((WorkerEvent.JobsClaimed) event).jobs().stream())
                    .map(StoredJob::id);
            assertEquals(3, claimed.count());
            assertEquals(3, seen.stream().filter(WorkerEvent.JobStarted.class::isInstance).count());
            assertEquals(1, seen.stream().map(WorkerEvent::worker).distinct().count());
        }
    }

    @Test
    void anObserverSeesThatTheStoreFailedAndThatTheWorkerTriesAgain() throws Exception {
        var failures = new CopyOnWriteArrayList<WorkerEvent.StoreFailed>();
        var observer = new WorkerObserver() {
            @Override
            public void onEvent(WorkerEvent event) {
                if (event instanceof WorkerEvent.StoreFailed failed) {
                    failures.add(failed);
                }
            }
        };
        try (var worker = backend.worker().observe(observer).entrypoint("fetch").handle(job -> {}).build()) {
            worker.start(options -> options.dequeueTimeout(Duration.ofMillis(20)));
            eventually(() -> get(worker.listenerHealthy(Duration.ofSeconds(1))));

            get(backend.schema().uninstall());

            eventually(() -> !failures.isEmpty());
            assertEquals(StoreOperation.CLAIM_JOBS, failures.get(0).operation());
            assertInstanceOf(SchemaException.class, failures.get(0).cause());
            assertFalse(failures.get(0).retryIn().isNegative());
            get(backend.schema().install());
        }
    }

    @Test
    void aWorkerWhoseRunFailsStartsAgainAndItsObserverSeesWhy() throws Exception {
        var failures = new CopyOnWriteArrayList<WorkerEvent.RunFailed>();
        var handled = new CopyOnWriteArrayList<Long>();
        try (var worker = backend.worker()
                .observe(event -> {
                    if (event instanceof WorkerEvent.RunFailed failed) {
                        failures.add(failed);
                    }
                })
                .entrypoint("fetch")
                .handle(job -> handled.add(job.job().id()))
                .build()) {
            get(backend.schema().uninstall());
            var run = worker.start(options -> options.restartOnFailure(true));
            eventually(() -> !failures.isEmpty());
            assertInstanceOf(SchemaException.class, failures.get(0).cause());
            assertEquals(Duration.ofSeconds(1), failures.get(0).restartIn());
            get(backend.schema().install());
            long id = get(backend.queue().enqueue("fetch"));
            eventually(() -> handled.contains(id));
            worker.shutdown();
            assertEquals(1, get(run).succeeded());
        }
    }

    private static List<WorkerEvent.JobEnded> ended(List<WorkerEvent> events) {
        return events.stream()
                .filter(WorkerEvent.JobEnded.class::isInstance)
                .map(WorkerEvent.JobEnded.class::cast)
                .toList();
    }

    private static String nameOf(JobOutcome outcome) {
        return outcome.getClass().getInterfaces()[0].getSimpleName();
    }

    @Test
    void aWorkerDoesNotChangeWithItsBuilder() throws Exception {
        var seen = new CopyOnWriteArrayList<String>();
        var builder = backend.worker().entrypoint("fetch").handle(job -> seen.add("handled"));
        var worker = builder.build();
        builder.intercept((job, next) -> {
            seen.add("intercepted");
            return next.proceed();
        });
        for (int run = 0; run < 2; run++) {
            get(backend.queue().enqueue("fetch"));
            get(drain(worker));
        }

        assertEquals(List.of("handled", "handled"), seen);
    }

    @Test
    void anInterceptorThatDoesNotGoOnEndsTheJobWithoutItsHandler() throws Exception {
        var handled = new AtomicInteger();
        var worker = backend.worker()
                .intercept((run, next) -> CompletableFuture.completedFuture(null))
                .entrypoint("fetch").handle(run -> handled.incrementAndGet())
                .build();
        get(backend.queue().enqueue("fetch"));

        assertEquals(1, get(drain(worker)).succeeded());
        assertEquals(0, handled.get());
    }

    @Test
    void textGoesThroughUtf8() throws Exception {
        var seen = new CopyOnWriteArrayList<String>();
        var worker = backend.worker()
                .entrypoint("text").retry(RetryPolicy.none()).handle(job -> seen.add(job.payloadText()))
                .build();
        get(backend.queue().enqueue("text", "Björn"));
        get(backend.queue().enqueue("text", "Ann", job -> job.priority(1)));
        get(backend.queue().enqueue("text", new byte[] {(byte) 0xff}, job -> job.priority(-1)));
        long id = get(backend.queue().enqueue("text", job -> job.priority(-2)));

        assertEquals(Optional.empty(), get(backend.insights().job(id)).orElseThrow().payloadText());
        get(drain(worker));

        assertEquals(List.of("Ann", "Björn"), seen.stream().sorted().toList());
    }

    @Test
    void jobsAreDeliveredOneAtATimeAndTheUnansweredOneIsGivenBack() throws Exception {
        get(backend.queue().enqueueAll(List.of(NewJob.of("orders", "1"), NewJob.of("orders", "2"))));
        try (var orders = backend.queue().consume("orders")) {
            var first = get(orders.next()).orElseThrow();
            assertEquals("1", first.job().payloadText().orElseThrow());
            get(first.ack());
            failureOf(IllegalStateException.class, first.ack());
            var second = get(orders.next()).orElseThrow();
            assertEquals("2", second.job().payloadText().orElseThrow());
            assertFalse(orders.next().isDone());
            failureOf(IllegalStateException.class, orders.next());
        }
        try (var orders = backend.queue().consume("orders", options -> options.mode(RunMode.DRAIN))) {
            var again = get(orders.next()).orElseThrow();
            assertEquals("2", again.job().payloadText().orElseThrow());
            assertEquals(0, again.job().attempts());
            get(again.nack());
            again = get(orders.next()).orElseThrow();
            assertEquals(1, again.job().attempts());
            get(again.ack());
            assertEquals(Optional.empty(), get(orders.next()));
        }
    }

    @Test
    void aCancelledWaitForADeliveryLosesNone() throws Exception {
        try (var orders = backend.queue().consume("orders")) {
            orders.next().cancel(true);
            get(backend.queue().enqueue("orders", "1"));
            get(get(orders.next()).orElseThrow().nack(Duration.ZERO));
            get(get(orders.next()).orElseThrow().ack());
        }
        assertEquals(0, total());
    }

    @Test
    void functionsThatAreChainedToFuturesMayBlockOnTheQueue() throws Exception {
        var all = IntStream.range(0, 64)
                .mapToObj(index -> backend.queue().enqueue("first")
                        .thenApply(id -> backend.queue().enqueue("second").join())
                        .thenApply(id -> backend.insights().job(id).join().orElseThrow().entrypoint()))
                .toList();
        for (var entrypoint : all) {
            assertEquals("second", get(entrypoint));
        }
        assertEquals(128, total());
    }

    @Test
    void functionsMayBlockOnEnqueuesAndOnCompletions() throws Exception {
        var queue = backend.queue();
        try (var worker = backend.worker().entrypoint("fetch").handle(run -> {}).build()) {
            worker.start();
            var all = IntStream.range(0, 32)
                    .mapToObj(index -> queue.enqueue("fetch")
                            .thenApply(id -> queue.enqueue("fetch").join())
                            .thenApply(id -> watcher.awaitCompletion(id).join())
                            .thenApply(status -> watcher.awaitCompletion(queue.enqueue("fetch").join()).join()))
                    .toList();
            for (var status : all) {
                assertEquals(JobStatus.SUCCESSFUL, get(status));
            }
        }
    }

    @Test
    void asyncHandlersThatBlockOnTheQueueGetTheirAnswers() throws Exception {
        int many = 4 * Runtime.getRuntime().availableProcessors();
        var worker = backend.worker()
                .entrypoint("first").handleAsync(run -> {
                    run.queue().enqueue("second").join();
                    return run.queue().enqueue("second").thenApply(id -> run.queue().enqueue("second").join());
                })
                .entrypoint("second").handleAsync(run -> CompletableFuture.completedFuture(null))
                .build();
        get(backend.queue().enqueueAll(Collections.nCopies(many, NewJob.of("first"))));

        assertEquals(4L * many, get(drain(worker)).succeeded());
    }

    // Schedules

    @Test
    void aScheduleRunsAtItsTimesAndIsListedAndRemoved() throws Exception {
        var runs = new CopyOnWriteArrayList<ScheduleContext>();
        var twice = new CountDownLatch(2);
        var failed = new CountDownLatch(1);
        try (var worker = backend.worker()
                .schedule("tick", "* * * * * *").zone(ZoneId.of("Europe/Berlin")).cleanOld(true)
                .handle(run -> {
                    run.queue().enqueue("follow-up").join();
                    runs.add(run);
                    twice.countDown();
                })
                .schedule("nightly", "0 2 * * *").zone(ZoneId.of("Europe/Berlin"))
                .handleAsync(run -> CompletableFuture.completedFuture(null))
                .schedule("wrong", "* * * * * *").handleAsync(run -> {
                    failed.countDown();
                    return CompletableFuture.failedFuture(new IOException("wrong"));
                })
                .build()) {
            var report = worker.start();
            reached(twice);
            reached(failed);
            worker.shutdown();
            assertTrue(get(report).schedulesRun() >= 2);
            assertTrue(get(report).schedulesFailed() >= 1);
        }
        var next = runs.get(0).schedule().nextRun().orElseThrow();
        assertEquals(Duration.ofSeconds(1), Duration.between(runs.get(0).dueAt(), next));
        assertTrue(runs.get(1).leaseEpoch() > runs.get(0).leaseEpoch());
        assertTrue(total() >= 2);

        var schedules = get(backend.schedules().list());
        assertEquals(List.of("nightly", "tick", "wrong"), schedules.stream().map(Schedule::name).toList());
        var tick = schedules.get(1);
        assertEquals("* * * * * *", tick.expression());
        assertEquals(JobStatus.QUEUED, tick.status());
        assertTrue(tick.lastRun().isPresent());
        assertFalse(tick.updated().isBefore(tick.created()));
        assertNotNull(tick.heartbeat());
        assertTrue(tick.leaseEpoch() >= 2);
        assertEquals(Optional.empty(), schedules.get(0).lastRun());
        assertEquals(Set.of(tick.id()), get(backend.schedules().runNow(List.of(tick.id(), 4711L))));
        var due = get(backend.schedules().list()).get(1);
        assertFalse(due.nextRun().orElseThrow().isAfter(due.updated()));
        var nightly = schedules.get(0);
        assertEquals("Europe/Berlin", nightly.zone());
        assertEquals(Optional.empty(), nightly.pausedSince());
        assertEquals(nightly.nextRun(), nightly.nextAfter(nightly.created()));
        assertEquals(Set.of(nightly.id()), get(backend.schedules().pause(List.of(nightly.id(), 4711L))));
        var paused = get(backend.schedules().list()).get(0);
        assertTrue(paused.pausedSince().isPresent());
        assertEquals(Optional.empty(), paused.nextRun());
        assertEquals(Set.of(), get(backend.schedules().runNow(List.of(nightly.id()))));
        assertEquals(Set.of(nightly.id()), get(backend.schedules().resume(List.of(nightly.id(), tick.id()))));
        assertTrue(get(backend.schedules().list()).get(0).nextRun().isPresent());
        assertEquals(Set.of(tick.id()), get(backend.schedules().remove(List.of(tick.id(), 4711L))));
        assertEquals(2, get(backend.schedules().list()).size());
    }

    // Ends

    @Test
    void allAreAwaitedOrTheFirst() throws Exception {
        var go = new CountDownLatch(1);
        try (var worker = backend.worker()
                .entrypoint("quick").handle(run -> {})
                .entrypoint("fails").retry(RetryPolicy.none()).onFailure(OnFailure.DELETE).handle(run -> {
                    throw new IOException("wrong");
                })
                .entrypoint("slow").handle(run -> go.await())
                .build()) {
            worker.start();
            long slow = get(backend.queue().enqueue("slow"));
            long quick = get(backend.queue().enqueue("quick"));
            long fails = get(backend.queue().enqueue("fails"));

            var first = get(watcher.awaitFirst(List.of(slow, quick)));
            assertEquals(quick, first.id());
            assertEquals(JobStatus.SUCCESSFUL, first.status());
            var all = watcher.awaitAll(List.of(slow, quick, fails));
            assertEquals(JobStatus.EXCEPTION, get(watcher.awaitCompletion(fails)));
            assertFalse(all.isDone());
            go.countDown();
            assertEquals(
                    Map.of(slow, JobStatus.SUCCESSFUL, quick, JobStatus.SUCCESSFUL, fails, JobStatus.EXCEPTION),
                    get(all));
            failureOf(IllegalArgumentException.class, watcher.awaitFirst(List.of()));
        }
    }

    @Test
    void closingAWorkerLetsItsHandlersEnd() throws Exception {
        var started = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var worker = backend.worker().entrypoint("slow").handle(run -> {
            started.countDown();
            go.await();
        }).build();
        var report = worker.start();
        long id = get(backend.queue().enqueue("slow"));
        reached(started);

        // A shutdown before it must not make a close the second request, which would skip the wait.
        worker.shutdown();
        var closing = CompletableFuture.runAsync(worker::close);
        assertFalse(report.isDone());
        go.countDown();
        get(closing);

        assertTrue(report.isDone());
        assertEquals(1, get(report).succeeded());
        assertEquals(JobStatus.SUCCESSFUL, get(watcher.awaitCompletion(id)));
    }

    @Test
    void aSecondShutdownInterruptsHandlersAndGivesTheirJobsBack() throws Exception {
        var started = new CountDownLatch(1);
        var worker = backend.worker().entrypoint("stuck").handle(run -> {
            started.countDown();
            new CountDownLatch(1).await();
        }).build();
        var report = worker.start();
        long id = get(backend.queue().enqueue("stuck"));
        reached(started);

        worker.shutdown();
        worker.shutdown();

        assertEquals(1, get(report).released());
        assertEquals(JobStatus.QUEUED, get(backend.insights().job(id)).orElseThrow().status());
    }

    @Test
    void cancellingTheRunStopsTheWorkerAndGivesItsJobsBack() throws Exception {
        var started = new CountDownLatch(1);
        var worker = backend.worker().entrypoint("stuck").handle(run -> {
            started.countDown();
            new CountDownLatch(1).await();
        }).build();
        var run = worker.start();
        long id = get(backend.queue().enqueue("stuck"));
        reached(started);

        run.cancel(true);
        worker.close();

        assertTrue(run.isCancelled());
        assertEquals(JobStatus.QUEUED, get(backend.insights().job(id)).orElseThrow().status());
    }

    @Test
    void cancellingTheRunSkipsTheWaitOfAShutdownThatHasBegun() throws Exception {
        var started = new CountDownLatch(1);
        var worker = backend.worker().entrypoint("stuck").handle(run -> {
            started.countDown();
            new CountDownLatch(1).await();
        }).build();
        var run = worker.start(options -> options.shutdownTimeout(Duration.ofMinutes(10)));
        long id = get(backend.queue().enqueue("stuck"));
        reached(started);
        worker.shutdown();

        run.cancel(true);

        get(CompletableFuture.runAsync(worker::close));
        assertEquals(JobStatus.QUEUED, get(backend.insights().job(id)).orElseThrow().status());
    }

    @Test
    void anInterruptedCloseSkipsTheWaitForHandlersAndLeavesItsThreadInterrupted() throws Exception {
        var started = new CountDownLatch(1);
        var worker = backend.worker().entrypoint("stuck").handle(run -> {
            started.countDown();
            new CountDownLatch(1).await();
        }).build();
        var report = worker.start();
        get(backend.queue().enqueue("stuck"));
        reached(started);

        Thread.currentThread().interrupt();
        worker.close();

        assertTrue(Thread.interrupted());
        assertEquals(1, get(report).released());
    }

    @Test
    void aWorkerIsClosedThoughItWasOnlyJustStarted() throws Exception {
        var worker = backend.worker().entrypoint("fetch").handle(run -> {}).build();
        var report = worker.start();
        worker.close();

        assertEquals(0, get(report).succeeded());
    }

    @Test
    void aRunningWorkerCannotBeStartedAgainButAnEndedOneCan() throws Exception {
        try (var worker = backend.worker().entrypoint("fetch").handle(run -> {}).build()) {
            var first = worker.start();
            failureOf(IllegalStateException.class, worker.start());
            worker.shutdown();
            get(first);
            get(backend.queue().enqueue("fetch"));
            assertEquals(1, get(drain(worker)).succeeded());
        }
    }

    @Test
    void aShutdownBeforeTheStartEndsTheNextRunAtOnce() throws Exception {
        var worker = backend.worker().entrypoint("fetch").handle(run -> {}).build();
        get(backend.queue().enqueue("fetch"));

        worker.shutdown();
        assertEquals(0, get(worker.start()).succeeded());

        worker.shutdown();
        assertEquals(0, get(worker.start()).succeeded());
        assertEquals(1, get(drain(worker)).succeeded());
    }

    @Test
    void closingOrCancellingARunDoesNotEndTheNextOne() throws Exception {
        var worker = backend.worker().entrypoint("fetch").handle(run -> {}).build();
        worker.close();
        get(backend.queue().enqueue("fetch"));
        assertEquals(1, get(drain(worker)).succeeded());

        worker.close();
        get(backend.queue().enqueue("fetch"));
        assertEquals(1, get(drain(worker)).succeeded());

        var cancelled = worker.start();
        cancelled.cancel(true);
        worker.close();
        get(backend.queue().enqueue("fetch"));
        assertEquals(1, get(drain(worker)).succeeded());
    }

    @Test
    void closingAWatcherFailsThoseWhoWait() throws Exception {
        var other = backend.completionWatcher(options ->
                options.safetyPoll(Duration.ofMillis(20)).coalesce(Duration.ofMillis(1)));
        long id = get(backend.queue().enqueue("fetch"));
        get(backend.queue().cancel(id));
        assertEquals(JobStatus.CANCELED, get(other.awaitCompletion(id)));
        var never = other.awaitCompletion(get(backend.queue().enqueue("not served")));

        other.close();

        failureOf(IllegalStateException.class, never);
        failureOf(IllegalStateException.class, other.awaitCompletion(id));
        assertThrows(
                IllegalArgumentException.class,
                () -> backend.completionWatcher(options -> options.safetyPoll(Duration.ZERO)));
    }

    @Test
    void closingTheBackendWaitsForItsWorkersAndTheirFollowUpJobs() throws Exception {
        var started = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var followUp = new CompletableFuture<Long>();
        var report = backend.worker().entrypoint("slow").handle(run -> {
            started.countDown();
            go.await();
            followUp.complete(run.queue().enqueue("other").join());
        }).build().start();
        get(backend.queue().enqueue("slow"));
        reached(started);
        var never = watcher.awaitCompletion(get(backend.queue().enqueue("not served")));

        var closing = CompletableFuture.runAsync(backend::close);
        go.countDown();
        get(closing);

        assertEquals(1, get(report).succeeded());
        assertTrue(get(followUp) > 0);
        assertTrue(never.isCancelled());
        var after = failureOf(StoreClosedException.class, backend.queue().enqueue("fetch"));
        assertEquals("this backend is closed; make a new one to use the queue again", after.getMessage());
        failureOf(StoreClosedException.class, backend.worker().entrypoint("a").handle(run -> {}).build().start());
        backend.close();
    }

    // Watching

    @Test
    void aRunningWorkerHearsItsOwnNotificationAndAnEndedOneDoesNot() throws Exception {
        try (var worker = backend.worker().entrypoint("fetch").handle(run -> {}).build()) {
            assertFalse(get(worker.listenerHealthy()));
            worker.start();
            eventually(() -> get(worker.listenerHealthy(Duration.ofSeconds(1))));
            failureOf(IllegalArgumentException.class, worker.listenerHealthy(Duration.ZERO));
        }
    }

    @Test
    void pausedJobsWaitUntilTheyAreResumed() throws Exception {
        var queue = backend.queue();
        var insights = backend.insights();
        assertEquals(List.of(), get(insights.pauses()));
        var mail = get(queue.pause("mail"));
        var end = mail.since().plus(Duration.ofHours(1));
        var apples = get(queue.pause("apples", pause -> pause.until(end).reason("no apples")));
        var everything = get(queue.pauseQueue(pause -> pause.duration(Duration.ofHours(1)).reason("we move")));
        assertEquals(Optional.of("apples"), apples.entrypoint());
        assertEquals(Optional.of(end), apples.until());
        assertEquals(Optional.of("no apples"), apples.reason());
        assertEquals(List.of(everything, apples, mail), get(insights.pauses()));

        get(queue.enqueue("mail"));
        get(queue.enqueue("other"));
        var ran = new CopyOnWriteArrayList<String>();
        var worker = backend.worker()
                .entrypoint("mail").handle(job -> ran.add("mail"))
                .entrypoint("other").handle(job -> ran.add("other"))
                .build();
        get(drain(worker));
        assertEquals(List.of(), ran);
        assertTrue(get(queue.resumeQueue()));
        assertFalse(get(queue.resumeQueue()));
        get(drain(worker));
        assertEquals(List.of("other"), ran);
        assertTrue(get(queue.resume("apples")));
        assertTrue(get(queue.resume("mail")));
        assertFalse(get(queue.resume("mail")));
        get(drain(worker));
        assertEquals(List.of("other", "mail"), ran);

        assertEquals(Optional.empty(), get(queue.pauseQueue()).reason());
        assertTrue(get(queue.resumeQueue()));
        failureOf(IllegalArgumentException.class, queue.pause(" "));
        var past = queue.pause("mail", pause -> pause.until(Instant.EPOCH));
        failureOf(IllegalArgumentException.class, past);
        assertEquals(List.of(), get(insights.pauses()));
    }

    @Test
    void insightsTellOfTheQueueAndOfWhatRan() throws Exception {
        var stop = new CountDownLatch(1);
        var started = new CountDownLatch(1);
        try (var worker = backend.worker()
                .entrypoint("quick").handle(run -> {})
                .entrypoint("slow").handle(run -> {
                    started.countDown();
                    stop.await();
                })
                .build()) {
            worker.start();
            long quick = get(backend.queue().enqueue("quick"));
            get(watcher.awaitCompletion(quick));
            long slow = get(backend.queue().enqueue(NewJob.builder("slow").priority(3).build()));
            reached(started);
            var insights = backend.insights();

            var size = get(insights.queueSize()).get(0);
            assertEquals("slow", size.entrypoint());
            assertEquals(JobStatus.PICKED, size.status());
            assertEquals(3, size.priority());
            assertEquals(1, size.count());
            assertFalse(size.age().isNegative());
            assertEquals(Duration.ZERO, size.overdue());

            var backlog = get(insights.backlog());
            assertEquals(List.of("slow"), backlog.stream().map(Backlog::entrypoint).toList());
            assertEquals(1, backlog.get(0).running());

            var running = JobFilter.ALL.withStatus(JobStatus.PICKED).withEntrypoint("slow").withPriority(3);
            assertEquals(List.of(slow), get(insights.jobs(running)).stream().map(StoredJob::id).toList());
            assertEquals(List.of(), get(insights.jobs(running, 5, slow)));
            assertEquals(1, get(insights.countJobs(running)));
            assertEquals(0, get(insights.countJobs(JobFilter.parse("header.tenant:acme"), 10)));
            assertEquals(JobFilter.parse("status:picked entrypoint:slow priority:3"), running);

            var steps = get(insights.logEntries(LogFilter.ALL));
            assertEquals(List.of(slow, slow), steps.stream().limit(2).map(LogEntry::jobId).toList());
            var ends = LogFilter.ALL.withEntrypoint("quick").withStatuses(List.of(JobStatus.SUCCESSFUL));
            var end = get(insights.logEntries(ends, 5, Long.MAX_VALUE, Long.MIN_VALUE)).get(0);
            assertEquals(quick, end.jobId());
            assertEquals(List.of(), get(insights.logEntries(ends, 5, end.id(), Long.MIN_VALUE)));

            var history = get(insights.throughputHistory(Duration.ofMinutes(5), Duration.ofMinutes(1)));
            assertEquals(5, history.stream().mapToLong(ThroughputStep::count).sum());

            var throughput = get(insights.throughput(Duration.ofMinutes(5)));
            var ended = throughput.stream().filter(it -> it.status() == JobStatus.SUCCESSFUL).toList();
            assertEquals(List.of("quick"), ended.stream().map(Throughput::entrypoint).toList());
            assertEquals(1, ended.get(0).count());

            var times = get(insights.runTimes(Duration.ofMinutes(5))).get(0);
            assertEquals("quick", times.entrypoint());
            assertEquals(1, times.count());
            assertEquals(times.runTime().p50(), times.runTime().p99());
            assertTrue(times.waitTime().orElseThrow().p50().compareTo(Duration.ofMinutes(1)) < 0);
            assertEquals(1, get(insights.runTimes(Duration.ofMinutes(5), 1)).size());
            // Whether a transaction is open at this moment is not ours to know.
            get(insights.oldestTransaction()).ifPresent(it -> assertTrue(it.transactions() >= 0));

            var active = get(insights.activeWorkers()).get(0);
            var job = get(insights.job(slow)).orElseThrow();
            assertEquals(job.workerId(), Optional.of(active.id()));
            assertTrue(active.heartbeatAge().compareTo(Duration.ofMinutes(1)) < 0);
            assertEquals(List.of(), get(insights.staleJobs(Duration.ofHours(1))));
            eventually(() -> get(insights.staleJobs(Duration.ofMillis(1), 5)).stream().anyMatch(it -> it.id() == slow));

            var log = get(insights.log(quick));
            assertEquals(
                    List.of(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.SUCCESSFUL),
                    log.stream().map(LogEntry::status).toList());
            assertEquals(quick, log.get(0).jobId());
            assertEquals("quick", log.get(0).entrypoint());
            assertEquals(0, log.get(0).priority());
            assertTrue(log.get(0).id() < log.get(1).id());
            assertFalse(log.get(1).created().isBefore(log.get(0).created()));
            assertTrue(log.get(1).workerId().isPresent() && log.get(1).leaseEpoch().isPresent());
            assertEquals(Optional.empty(), log.get(2).workerId());

            var tables = get(insights.tableSizes());
            assertEquals(6, tables.size());
            assertTrue(tables.stream().noneMatch(table -> table.table().isBlank()));
            assertTrue(tables.stream().allMatch(table -> table.rows() >= -1 && table.deadRows() >= 0));
            assertTrue(tables.stream().allMatch(table -> table.bytes().orElse(0) >= 0));
            failureOf(IllegalArgumentException.class, insights.throughput(Duration.ZERO));
            stop.countDown();
        }
    }

    @Test
    void jobsOfManyThreadsAreJoinedAndEachKeepsItsOwnEnd() throws Exception {
        var queue = backend.queue();
        var ids = IntStream.range(0, 100)
                .mapToObj(index -> queue.enqueue(NewJob.of("e" + index)))
                .toList();
        for (int index = 0; index < 100; index++) {
            assertEquals("e" + index, get(backend.insights().job(get(ids.get(index)))).orElseThrow().entrypoint());
        }
        get(queue.enqueue(NewJob.builder("e").dedupeKey("taken").build()));
        var duplicate = queue.enqueue(NewJob.builder("e").dedupeKey("taken").build());
        var other = queue.enqueue(NewJob.of("other"));
        failureOf(DuplicateJobException.class, duplicate);
        get(other);
        assertTrue(get(queue.enqueue(NewJob.builder("e").dedupeKey("taken").build(), OnConflict.SKIP)).isEmpty());
        assertEquals(102, total());
    }

    @Test
    void aQueueThatIsNotInstalledSaysSoByTheExceptionThatWasThrown() throws Exception {
        var schema = backend.schema();
        get(schema.verify());
        failureOf(SchemaException.class, schema.verifyAbsent());
        get(schema.uninstall());
        get(schema.verifyAbsent());

        var failure = failureOf(SchemaException.class, schema.verify());
        assertNull(failure.getCause());
        assertTrue(List.of(failure.getStackTrace()).stream()
                .noneMatch(frame -> frame.getClassName().startsWith("_COROUTINE")));
        failureOf(SchemaException.class, backend.worker().entrypoint("a").handle(run -> {}).build().start());

        var agreed = QueueProperties.DEFAULT
                .withDurability(Durability.BALANCED)
                .withLogLevel(LogLevel.TERMINAL)
                .withNotifications(false);
        get(schema.install(agreed));
        assertEquals(agreed, get(schema.properties()));
        assertEquals(LogLevel.TERMINAL, get(backend.insights().logLevel()));
        assertEquals(Durability.BALANCED, agreed.durability());
        assertEquals(LogLevel.TERMINAL, agreed.logLevel());
        assertFalse(agreed.notifications());
        get(schema.upgrade());
        assertEquals(List.of(), get(schema.upgradePlan()));
        get(schema.prepare(SchemaMode.UPGRADE));
        get(schema.upgrade(PythonIndexes.ADD));
        assertEquals(List.of(), get(schema.upgradePlan(PythonIndexes.ADD)));
        get(schema.upgrade(PythonIndexes.DROP));
        get(schema.change(QueueProperties.DEFAULT));
        assertEquals(List.of(), get(schema.changePlan(QueueProperties.DEFAULT)));
        assertEquals(List.of(), get(schema.verify()));
        assertEquals(QueueProperties.DEFAULT, get(schema.properties()));
        get(schema.install());
        get(schema.verify());
    }

    /** Starts a worker, and waits until it listens: it then hears at once that a job is canceled. */
    private static CompletableFuture<RunReport> startListening(Worker worker) throws Exception {
        var report = worker.start();
        eventually(() -> get(worker.listenerHealthy(Duration.ofSeconds(1))));
        return report;
    }

    StoredJob stored(long id) throws Exception {
        return get(backend.insights().job(id)).orElseThrow();
    }

    long total() throws Exception {
        return total(backend);
    }

    static long total(Backend of) throws Exception {
        return get(of.insights().queueSize()).stream().mapToLong(QueueSize::count).sum();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
