package io.pgqueuer.java;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** The Java that the README shows, as it stands there. */
class ReadmeExampleTest {
    record Receipt(long orderId, String email) {}

    interface Mailer {
        void send(String to, String text) throws IOException;
    }

    static final JobType<Receipt> SEND_RECEIPT = JobType.of("send_receipt", JacksonCodec.of(Receipt.class));

    static Worker receiptWorker(PgQueuerClient client, Mailer mailer) {
        return client.worker()
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
        try (var client = PgQueuerClient.postgres(dsn);
                var worker = receiptWorker(client, mailer)) {
            client.schema().install().join();
            worker.start();
            long id = client.queue().enqueue(SEND_RECEIPT, new Receipt(42, "ann@example.org")).join();
            return client.awaitCompletion(id).join();
        }
    }

    @Test
    void theExampleOfTheReadmeSendsItsReceipt() {
        List<String> sent = new CopyOnWriteArrayList<>();

        var status = sendOne(TestPostgres.newDatabase().getDsn(), (to, text) -> sent.add(to + ": " + text));

        assertEquals(JobStatus.SUCCESSFUL, status);
        assertEquals(List.of("ann@example.org: Thank you for order 42."), sent);
    }
}
