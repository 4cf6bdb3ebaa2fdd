package io.pgqueuer.java;

import static io.pgqueuer.java.Waiting.eventually;
import static io.pgqueuer.java.Waiting.get;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pgqueuer.java.internal.Calls;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.intrinsics.IntrinsicsKt;
import kotlinx.coroutines.JobKt;
import org.junit.jupiter.api.Test;

/** What stands behind each future of a client; the suspending call is written by hand here. */
class CancelledCallTest {
    private final Calls calls = new Calls();
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
    void aCallThatTheClientsEndCutsShortIsCancelledByAnExceptionOfJavas() {
        var client = PgQueuerClient.inMemory();
        var never = client.awaitCompletion(4711);

        client.close();

        var failure = assertThrows(CancellationException.class, () -> get(never));
        assertEquals(CancellationException.class, failure.getClass());
    }
}
