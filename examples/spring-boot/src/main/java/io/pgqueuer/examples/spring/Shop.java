package io.pgqueuer.examples.spring;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.CompletionWatcher;
import io.pgqueuer.java.JobContext;
import io.pgqueuer.java.JobQueue;
import io.pgqueuer.spring.JobHandler;
import io.pgqueuer.spring.JobRetry;
import io.pgqueuer.spring.JobTransactions;
import io.pgqueuer.spring.PayloadCodecs;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * A shop. It writes an order and enqueues its receipt in one transaction, and the handler writes the receipt and ends its job
 * in another one. See docs/spring-boot.md for how to start it.
 */
@SpringBootApplication
public class Shop {
    public static void main(String[] arguments) {
        SpringApplication.run(Shop.class, arguments);
    }

    @Bean
    CompletionWatcher watcher(Backend backend) {
        return backend.completionWatcher();
    }

    record Order(String email) {}

    record Placed(long order, long job) {}

    record Receipt(long order, String email) {}

    @Component
    static class Orders {
        private final JdbcClient database;
        private final JobQueue queue;
        private final PayloadCodecs codecs;

        Orders(JdbcClient database, JobQueue queue, PayloadCodecs codecs) {
            this.database = database;
            this.queue = queue;
            this.codecs = codecs;
        }

        @Transactional
        Placed place(Order order) {
            long id = database.sql("INSERT INTO orders (email) VALUES (?) RETURNING id")
                    .param(order.email())
                    .query(Long.class)
                    .single();
            long job = queue.enqueue(codecs.jobType("receipt", Receipt.class), new Receipt(id, order.email()))
                    .join();
            return new Placed(id, job);
        }
    }

    @Component
    static class Receipts {
        private final JdbcClient database;
        private final JobTransactions transactions;

        Receipts(JdbcClient database, JobTransactions transactions) {
            this.database = database;
            this.transactions = transactions;
        }

        @Transactional
        @JobHandler(name = "receipt", timeout = "30s", retry = @JobRetry(maxAttempts = "3"))
        void write(Receipt receipt, JobContext job) {
            database.sql("INSERT INTO receipts (order_id, email) VALUES (?, ?)")
                    .params(receipt.order(), receipt.email())
                    .update();
            transactions.complete(job);
        }
    }

    @RestController
    static class Pages {
        private final Orders orders;
        private final CompletionWatcher watcher;

        Pages(Orders orders, CompletionWatcher watcher) {
            this.orders = orders;
            this.watcher = watcher;
        }

        @PostMapping("/orders")
        Placed place(@RequestBody Order order) {
            return orders.place(order);
        }

        /** Streams what happens to a job, until it has ended. */
        @GetMapping("/jobs/{id}")
        SseEmitter progress(@PathVariable("id") long id) {
            var page = new SseEmitter(60_000L);
            var statuses = watcher.statuses(id, status -> send(page, status.name()));
            statuses.whenComplete((last, failure) -> {
                if (failure == null) {
                    page.complete();
                } else {
                    page.completeWithError(failure);
                }
            });
            page.onCompletion(() -> statuses.cancel(true));
            return page;
        }

        private static void send(SseEmitter page, String status) {
            try {
                page.send(status);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
