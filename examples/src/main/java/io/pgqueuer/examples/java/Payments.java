package io.pgqueuer.examples.java;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.OnFailure;
import io.pgqueuer.java.RetryPolicy;
import io.pgqueuer.java.RetryRequested;
import io.pgqueuer.java.Worker;
import java.io.IOException;
import java.time.Duration;

/**
 * Charges cards: retries when the provider says so, retries network failures by a policy, and holds what a person must look
 * at.
 */
public final class Payments {
    /** What a payment provider answers. */
    public record Answer(boolean paid, Duration retryAfter, String refusal) {}

    public interface Provider {
        Answer charge(String card) throws IOException;
    }

    static Worker worker(Backend backend, Provider provider) {
        var policy = RetryPolicy.exponentialBuilder(5)
                .initialDelay(Duration.ofMillis(10))
                .maxDelay(Duration.ofMinutes(5))
                .retryOn(failure -> failure instanceof IOException)
                .build();
        return backend.worker()
                .entrypoint("charge")
                .onFailure(OnFailure.HOLD)
                .retry(policy)
                .handle(run -> {
                    var answer = provider.charge(run.payloadText());
                    if (answer.paid()) {
                        return;
                    }
                    if (answer.retryAfter() != null) {
                        throw new RetryRequested(answer.retryAfter(), "the provider is busy");
                    }
                    throw new IllegalStateException("refused: " + answer.refusal());
                })
                .build();
    }

    private Payments() {}
}
