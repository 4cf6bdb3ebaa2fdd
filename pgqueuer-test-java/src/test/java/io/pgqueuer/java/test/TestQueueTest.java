package io.pgqueuer.java.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pgqueuer.JobTimeoutException;
import io.pgqueuer.java.JobStatus;
import io.pgqueuer.java.JobType;
import io.pgqueuer.java.NewJob;
import io.pgqueuer.java.OnConflict;
import io.pgqueuer.java.OnFailure;
import io.pgqueuer.java.PayloadCodec;
import io.pgqueuer.java.RetryPolicy;
import io.pgqueuer.java.RetryRequested;
import io.pgqueuer.java.RunOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TestQueueTest {
    private static final JobType<String> MAIL = JobType.of("mail", PayloadCodec.utf8());

    private final List<String> events = new ArrayList<>();

    @Test
    void aRetryAfterFiveMinutesRunsWhenTimeIsAdvancedSoFarAndNotBefore() {
        try (var pgq = TestQueue.create(worker -> worker.entrypoint("mail").handle(job -> {
            events.add("attempt " + job.attempt());
            if (job.attempt() == 1) {
                throw new RetryRequested(Duration.ofMinutes(5));
            }
        }))) {
            long id = pgq.queue().enqueue("mail").join();
            assertEquals(List.of(), events);
            pgq.runDue();
            assertEquals(List.of("attempt 1"), events);
            pgq.advance(Duration.ofMinutes(5).minusMillis(1));
            assertEquals(Optional.of(JobStatus.QUEUED), pgq.statusOf(id));
            pgq.advance(Duration.ofMillis(1));
            assertEquals(List.of("attempt 1", "attempt 2"), events);
            assertEquals(Optional.of(JobStatus.SUCCESSFUL), pgq.statusOf(id));
            pgq.assertNoFailures();
        }
    }

    @Test
    void delaysSchedulesAndTimeoutsGoByTheTimeOfTheTestInOrder() {
        var stuck = new CompletableFuture<Void>();
        try (var pgq = new Object() {
            TestQueue it;

            TestQueue made() {
                it = TestQueue.create(worker -> worker
                        .schedule("nightly", "0 2 * * *").handle(run -> at("nightly"))
                        .entrypoint("later").handle(job -> at("later"))
                        .entrypoint("stuck").timeout(Duration.ofHours(1)).onFailure(OnFailure.HOLD)
                        .handleAsync(job -> stuck.whenComplete((value, failure) -> at("stuck"))));
                return it;
            }

            void at(String event) {
                events.add(event + " " + Duration.between(Instant.EPOCH, it.now()).toHours());
            }
        }.made()) {
            pgq.queue().enqueue("later", job -> job.delay(Duration.ofHours(20)));
            long id = pgq.queue().enqueue("stuck").join();
            pgq.advance(Duration.ofDays(2));
            assertEquals(List.of("nightly 2", "later 20", "nightly 26"), events.stream()
                    .filter(event -> !event.startsWith("stuck")).toList());
            assertEquals(JobTimeoutException.class.getName(), pgq.failureOf(id).orElseThrow().type());
        }
    }

    @Test
    void everythingRunsOnTheThreadThatMovesTime() {
        var threads = new ArrayList<Thread>();
        try (var pgq = TestQueue.create(worker -> worker
                .entrypoint("blocking").handle(job -> threads.add(Thread.currentThread()))
                .entrypoint("async").handleAsync(job -> {
                    threads.add(Thread.currentThread());
                    return job.queue().enqueue("blocking").thenRun(() -> threads.add(Thread.currentThread()));
                }))) {
            pgq.queue().enqueue("async").thenRun(() -> threads.add(Thread.currentThread()));
            assertEquals(1, threads.size());
            pgq.runDue();
            assertEquals(4, threads.size());
            threads.forEach(thread -> assertSame(Thread.currentThread(), thread));
        }
    }

    @Test
    void aHandlerMayWaitForAnotherJob() {
        try (var pgq = new Object() {
            TestQueue made;

            TestQueue make() {
                made = TestQueue.create(worker -> worker
                        .entrypoint("parent").handle(job -> {
                            try (var watcher = made.backend().completionWatcher()) {
                                long child = job.queue()
                                        .enqueue("child", options -> options.delay(Duration.ofHours(1)))
                                        .join();
                                events.add("child " + watcher.awaitCompletion(child).join());
                            }
                        })
                        .entrypoint("child").handle(job -> events.add("child runs")));
                return made;
            }
        }.make()) {
            pgq.queue().enqueue("parent");
            pgq.drain();
            assertEquals(List.of("child runs", "child SUCCESSFUL"), events);
        }
    }

    @Test
    void aDrainGoesThroughAllThatIsQueuedWheneverItIsDue() {
        try (var pgq = TestQueue.create(worker -> worker.entrypoint(MAIL).handle((mail, job) -> events.add(mail)))) {
            for (int day = 0; day < 3; day++) {
                var delay = Duration.ofDays(day * 3L);
                pgq.queue().enqueue(MAIL, "day " + day * 3, job -> job.delay(delay));
            }
            pgq.runDue();
            assertEquals(List.of("day 0"), events);
            assertEquals(2, pgq.drain().succeeded());
            assertEquals(Instant.EPOCH.plus(Duration.ofDays(6)), pgq.now());
            pgq.queue().enqueue(MAIL, "after the drain");
            pgq.runDue();
            assertEquals(4, events.size());
        }
    }

    @Test
    void timeStartsWhereTheTestSays() {
        var start = Instant.parse("2026-03-01T08:00:00Z");
        try (var pgq = TestQueue.create(start, RunOptions.DEFAULT, worker -> worker
                .schedule("nine", "0 9 * * *").handle(run -> events.add(run.dueAt().toString()))
                .entrypoint("then").handle(job -> events.add("then")))) {
            pgq.queue().enqueue("then", job -> job.runAt(start.plus(Duration.ofHours(2))));
            pgq.advance(Duration.ofHours(2));
            assertEquals(List.of("2026-03-01T09:00:00Z", "then"), events);
            assertEquals(start.plus(Duration.ofHours(2)), pgq.now());
        }
    }

    @Test
    void whatWasEnqueuedIsToldAlsoByHandlersAndOnceItHasEnded() {
        try (var pgq = TestQueue.create(worker -> worker
                .entrypoint("first").handle(job -> job.queue().enqueue(MAIL, "from a handler").join())
                .entrypoint(MAIL).handle((mail, job) -> {}))) {
            pgq.assertNothingEnqueued();
            pgq.queue().enqueue("first", job -> job.priority(7));
            pgq.backend().queue().enqueue(MAIL, "by hand");
            pgq.drain();
            pgq.assertEnqueued(MAIL, "by hand", "from a handler");
            assertEquals(7, pgq.enqueued("first").get(0).job().priority());
            assertEquals(List.of(1L, 2L, 3L), pgq.enqueued().stream().map(EnqueuedJob::id).toList());
            pgq.assertNothingEnqueued("other");
        }
    }

    @Test
    void whatADedupeKeyKeptOutWasNotEnqueued() {
        try (var pgq = TestQueue.create()) {
            var job = NewJob.builder("e").dedupeKey("k").build();
            pgq.queue().enqueue(job, OnConflict.SKIP);
            pgq.queue().enqueue(job, OnConflict.SKIP);
            assertEquals(1, pgq.enqueued().size());
        }
    }

    @Test
    void heldJobsAndFailuresCanBeLookedAt() {
        try (var pgq = TestQueue.create(worker -> worker
                .entrypoint("held").onFailure(OnFailure.HOLD).retry(RetryPolicy.none()).handle(job -> {
                    throw new IllegalStateException("broken");
                }))) {
            assertEquals(List.of(), pgq.heldJobs());
            long id = pgq.queue().enqueue("held").join();
            pgq.runDue();
            assertEquals(id, pgq.heldJobs().get(0).job().id());
            assertEquals("broken", pgq.failureOf(id).orElseThrow().message());
            assertEquals(Optional.empty(), pgq.statusOf(99));
            assertEquals(Optional.empty(), pgq.failureOf(99));
        }
    }

    @Test
    void assertionsThatDoNotHoldSayWhatIs() {
        try (var pgq = TestQueue.create(worker -> worker
                .entrypoint(MAIL).onFailure(OnFailure.HOLD).retry(RetryPolicy.none()).handle((mail, job) -> {
                    throw new IllegalStateException("broken");
                }))) {
            pgq.queue().enqueue(MAIL, "one");
            assertEquals(
                    "expected of 'mail' to be enqueued: [two], was: [one]",
                    assertThrows(AssertionError.class, () -> pgq.assertEnqueued(MAIL, "two")).getMessage());
            assertEquals(
                    "expected nothing to be enqueued, was: [job 1 of entrypoint 'mail' (one)]",
                    assertThrows(AssertionError.class, pgq::assertNothingEnqueued).getMessage());
            pgq.assertNoFailures();
            pgq.runDue();
            var failure = assertThrows(AssertionError.class, pgq::assertNoFailures).getMessage();
            assertTrue(failure.startsWith("job 1 of entrypoint 'mail' failed: "), failure);
            assertTrue(failure.contains("IllegalStateException: broken"), failure);
        }
    }

    @Test
    void aWaitWithATimeoutMovesTimeByThatMuch() {
        try (var pgq = TestQueue.create(worker -> worker.entrypoint("slow").handle(job -> {}))) {
            long id = pgq.queue().enqueue("slow", job -> job.delay(Duration.ofMinutes(3))).join();
            pgq.runDue();
            try (var watcher = pgq.backend().completionWatcher()) {
                var end = watcher.awaitCompletion(id);
                assertThrows(TimeoutException.class, () -> end.get(2, TimeUnit.MINUTES));
                assertEquals(JobStatus.SUCCESSFUL, assertDoesReturn(end));
            }
        }
    }

    private static <T> T assertDoesReturn(CompletableFuture<T> end) {
        return end.join();
    }

    @Test
    void functionsOnOtherThreadsMoveNoTime() {
        try (var pgq = TestQueue.create(worker -> worker.entrypoint("mail").handle(job -> {}))) {
            pgq.runDue();
            long id = pgq.queue().enqueue("mail").thenApplyAsync(each -> each).join();
            assertEquals(1, id);
            assertEquals(Instant.EPOCH, pgq.now());
        }
    }

    @Test
    void aWorkerOfTheCodeUnderTestRunsInTheSameTime() {
        try (var pgq = TestQueue.create();
                var worker = pgq.backend().worker().entrypoint("mail").handle(job -> events.add("sent")).build()) {
            worker.start();
            pgq.queue().enqueue("mail", job -> job.delay(Duration.ofDays(1)));
            pgq.advance(Duration.ofHours(23));
            assertEquals(List.of(), events);
            pgq.advance(Duration.ofHours(1));
            assertEquals(List.of("sent"), events);
        }
    }

    @Test
    void aClosedQueueHasCancelledItsHandlers() {
        var stage = new CompletableFuture<Void>();
        try (var pgq = TestQueue.create(worker -> worker.entrypoint("stuck").handleAsync(job -> stage))) {
            pgq.queue().enqueue("stuck");
            pgq.runDue();
            assertFalse(stage.isDone());
        }
        assertInstanceOf(CancellationException.class, assertThrows(CancellationException.class, stage::join));
    }

    @Test
    void aResetEmptiesTheQueueAndKeepsTheTime() {
        try (var pgq = TestQueue.create(worker -> worker.entrypoint("mail").handle(job -> events.add("sent")))) {
            pgq.queue().enqueue("mail", job -> job.delay(Duration.ofDays(1)));
            pgq.advance(Duration.ofHours(1));
            pgq.reset();
            pgq.assertNothingEnqueued();
            assertEquals(Instant.EPOCH.plus(Duration.ofHours(1)), pgq.now());
            pgq.advance(Duration.ofDays(2));
            assertEquals(List.of(), events);

            assertEquals(1, pgq.queue().enqueue("mail").join());
            pgq.runDue();
            assertEquals(List.of("sent"), events);
        }
    }

    @Test
    void timeDoesNotGoBack() {
        try (var pgq = TestQueue.create()) {
            var failure = assertThrows(IllegalArgumentException.class, () -> pgq.advance(Duration.ofMillis(-1)));
            assertEquals("time cannot go back: by must be >= 0, was PT-0.001S", failure.getMessage());
        }
    }
}
