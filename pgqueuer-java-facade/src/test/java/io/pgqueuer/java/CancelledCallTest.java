package io.pgqueuer.java;

import static io.pgqueuer.java.Waiting.eventually;
import static io.pgqueuer.java.Waiting.get;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pgqueuer.java.internal.Calls;
import io.pgqueuer.java.internal.FutureThreads;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.intrinsics.IntrinsicsKt;
import kotlinx.coroutines.JobKt;
import org.junit.jupiter.api.Test;

/** The call behind each future of a backend; the suspending call is written by hand here. */
class CancelledCallTest {
    private final Calls calls = new Calls(FutureThreads.INSTANCE);
    private final CompletableFuture<Continuation<?>> suspended = new CompletableFuture<>();

    private CompletableFuture<Long> callThatNeverEnds() {
        return calls.call(continuation -> {
            suspended.complete(continuation);
            return IntrinsicsKt.getCOROUTINE_SUSPENDED();
        });
    }

    @Test
    void cancellingAFutureCancelsTheCoroutineBehindIt() throws Exception {
        var future = callThatNeverEnds();
        var context = get(suspended).getContext();
        assertTrue(JobKt.isActive(context));

        future.cancel(true);

        eventually(() -> !JobKt.isActive(context));
    }

    @Test
    void aTimeoutOfAFutureCancelsTheCoroutineBehindIt() throws Exception {
        var future = callThatNeverEnds();
        var context = get(suspended).getContext();

        future.orTimeout(1, TimeUnit.MILLISECONDS);

        eventually(() -> !JobKt.isActive(context));
    }

    @Test
    void aCallThatTheEndOfTheBackendCutsShortFailsWithJavasCancellationException() {
        var backend = Backend.inMemory();
        var never = backend.completionWatcher().awaitCompletion(4711);

        backend.close();

        var failure = assertThrows(CancellationException.class, () -> get(never));
        assertEquals(CancellationException.class, failure.getClass());
    }
}
