package io.pgqueuer.examples.documented;

import io.pgqueuer.java.JobContext;
import io.pgqueuer.spring.JobHandler;
import io.pgqueuer.spring.JobRetry;
import io.pgqueuer.spring.JobSchedule;
import org.springframework.stereotype.Component;

@Component
class Receipts {
    private final Mailer mailer;

    Receipts(Mailer mailer) {
        this.mailer = mailer;
    }

    @JobHandler(name = "receipt", concurrencyLimit = "5", timeout = "30s", retry = @JobRetry(maxAttempts = "3"))
    void send(Receipt receipt, JobContext job) {
        mailer.send(receipt.email(), "Thank you for order " + receipt.orderId());
    }

    @JobSchedule(name = "nightly", cron = "0 2 * * *", zone = "Europe/Berlin")
    void report() {
        mailer.send("boss@example.org", "The night was quiet.");
    }
}
