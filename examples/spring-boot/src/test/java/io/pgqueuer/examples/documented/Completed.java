package io.pgqueuer.examples.documented;

import io.pgqueuer.java.JobContext;
import io.pgqueuer.spring.JobHandler;
import io.pgqueuer.spring.JobTransactions;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

@Component
class Completed {
    private final JdbcTemplate database;
    private final JobTransactions transactions;

    Completed(JdbcTemplate database, JobTransactions transactions) {
        this.database = database;
        this.transactions = transactions;
    }

    @Transactional
    @JobHandler("archive")
    void archive(Receipt receipt, JobContext job) {
        database.update("INSERT INTO archive VALUES (?)", receipt.orderId());
        transactions.complete(job);
    }
}
