package io.pgqueuer.examples.java;

import static io.pgqueuer.examples.java.Receipts.SEND_RECEIPT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pgqueuer.examples.java.Receipts.Mailer;
import io.pgqueuer.examples.java.Receipts.Receipt;
import io.pgqueuer.java.test.TestQueue;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A unit test of a handler: no database, and retries take no time. */
class ReceiptHandlerTest {
    private final List<String> calls = new ArrayList<>();

    private final Mailer mailer = (to, text) -> {
        calls.add(to);
        if (calls.size() == 1) {
            throw new IOException("the mail server is away");
        }
    };

    @Test
    void aReceiptIsSentAgainAfterTheMailServerWasAway() {
        try (var pgq = TestQueue.create(); var worker = Receipts.receiptWorker(pgq.backend(), mailer)) {
            worker.start();
            pgq.queue().enqueue(SEND_RECEIPT, new Receipt(42, "ann@example.org"));

            pgq.runDue();
            assertEquals(List.of("ann@example.org"), calls);

            pgq.advance(Duration.ofMinutes(1));
            assertEquals(List.of("ann@example.org", "ann@example.org"), calls);
            pgq.assertNoFailures();
        }
    }
}
