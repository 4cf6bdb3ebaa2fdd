package io.pgqueuer.examples.java;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pgqueuer.examples.java.Receipts.Receipt;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.RunMode;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A unit test of a handler: no database. */
class ReceiptHandlerTest {
    @Test
    void aReceiptIsSentOnceAlthoughTheFirstAttemptFails() {
        var tries = new AtomicInteger();
        var sent = new CopyOnWriteArrayList<String>();
        try (var backend = Backend.inMemory()) {
            var worker = Receipts.receiptWorker(backend, (to, text) -> {
                if (tries.incrementAndGet() == 1) {
                    throw new IOException("the mail server is away");
                }
                sent.add(to);
            });
            backend.queue().enqueue(Receipts.SEND_RECEIPT, new Receipt(42, "ann@example.org")).join();

            var report = worker.start(options -> options.mode(RunMode.DRAIN)).join();

            assertEquals(1, report.retried());
            assertEquals(1, report.succeeded());
            assertEquals(List.of("ann@example.org"), sent);
        }
    }
}
