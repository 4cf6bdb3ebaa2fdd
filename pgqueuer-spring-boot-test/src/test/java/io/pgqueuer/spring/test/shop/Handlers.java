package io.pgqueuer.spring.test.shop;

import io.pgqueuer.java.JobContext;
import io.pgqueuer.spring.JobHandler;
import io.pgqueuer.spring.JobSchedule;
import io.pgqueuer.spring.JobTransactions;
import org.springframework.stereotype.Component;

@Component
class Handlers {
    private final Mailer mailer;
    private final JobTransactions transactions;

    Handlers(Mailer mailer, JobTransactions transactions) {
        this.mailer = mailer;
        this.transactions = transactions;
    }

    @JobHandler("remind")
    void remind(Reminder reminder) {
        mailer.send(reminder.address());
    }

    @JobHandler("transactional")
    void complete(JobContext job) {
        transactions.lock(job);
        transactions.complete(job);
    }

    @JobSchedule(name = "nightly", cron = "0 2 * * *")
    void report() {
        mailer.report();
    }
}
