package io.pgqueuer.java;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waits of tests, each with a deadline. */
final class Waiting {
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private Waiting() {}

    static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    }

    /** Returns what the future failed with, as {@code get()} hands it out. */
    static <E extends Throwable> E failureOf(Class<E> type, CompletableFuture<?> future) {
        var failure = assertThrows(ExecutionException.class, () -> get(future)).getCause();
        if (failure.getClass() != type) {
            fail("expected " + type.getName() + " itself, was " + failure, failure);
        }
        return type.cast(failure);
    }

    /** Starts a worker that ends once nothing is left to do. */
    static CompletableFuture<RunReport> drain(Worker worker) {
        return worker.start(options -> options.mode(RunMode.DRAIN));
    }

    static void reached(CountDownLatch latch) throws InterruptedException {
        if (!latch.await(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
            fail("not reached within " + DEADLINE);
        }
    }

    static void eventually(Callable<Boolean> condition) throws Exception {
        var deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                fail("did not come true within " + DEADLINE);
            }
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
    }
}
