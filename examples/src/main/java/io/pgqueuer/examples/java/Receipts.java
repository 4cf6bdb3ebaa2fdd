package io.pgqueuer.examples.java;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.JacksonCodec;
import io.pgqueuer.java.JobStatus;
import io.pgqueuer.java.JobType;
import io.pgqueuer.java.OnFailure;
import io.pgqueuer.java.RetryPolicy;
import io.pgqueuer.java.Worker;
import java.io.IOException;
import java.time.Duration;

/** A producer and a worker on PostgreSQL. The producer waits for its job to end. */
public final class Receipts {
    public record Receipt(long orderId, String email) {}

    public interface Mailer {
        void send(String to, String text) throws IOException;
    }

    static final JobType<Receipt> SEND_RECEIPT = JobType.of("send_receipt", JacksonCodec.of(Receipt.class));

    static Worker receiptWorker(Backend backend, Mailer mailer) {
        return backend.worker()
                .entrypoint(SEND_RECEIPT)
                .concurrencyLimit(5)
                .onFailure(OnFailure.HOLD)
                .retry(RetryPolicy.exponential(5))
                .timeout(Duration.ofSeconds(30))
                .handle((receipt, run) ->
                        mailer.send(receipt.email(), "Thank you for order " + receipt.orderId() + "."))
                .build();
    }

    static JobStatus sendOne(String dsn, Mailer mailer) {
        try (var backend = Backend.postgres(dsn);
                var watcher = backend.completionWatcher();
                var worker = receiptWorker(backend, mailer)) {
            backend.schema().install().join();
            worker.start();
            long id = backend.queue().enqueue(SEND_RECEIPT, new Receipt(42, "ann@example.org")).join();
            return watcher.awaitCompletion(id).join();
        }
    }

    private Receipts() {}
}
