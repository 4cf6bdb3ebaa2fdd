package io.pgqueuer.examples.documented;

import io.pgqueuer.java.JobQueue;
import io.pgqueuer.java.JobType;
import io.pgqueuer.spring.PayloadCodecs;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
class Orders {
    private final JdbcTemplate database;
    private final JobQueue queue;
    private final JobType<Receipt> receipts;

    Orders(JdbcTemplate database, JobQueue queue, PayloadCodecs codecs) {
        this.database = database;
        this.queue = queue;
        this.receipts = codecs.jobType("receipt", Receipt.class);
    }

    @Transactional
    public void place(Order order) {
        database.update("INSERT INTO orders VALUES (?, ?)", order.id(), order.email());
        queue.enqueue(receipts, new Receipt(order.id(), order.email())).join();
    }
}
