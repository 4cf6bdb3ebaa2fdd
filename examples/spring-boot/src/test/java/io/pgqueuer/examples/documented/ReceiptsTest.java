package io.pgqueuer.examples.documented;

import static org.mockito.Mockito.verify;

import io.pgqueuer.java.test.TestQueue;
import io.pgqueuer.spring.test.PgQueuerTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

@PgQueuerTest
class ReceiptsTest {
    @Autowired TestQueue queue;
    @MockitoBean Mailer mailer;
    @MockitoBean JdbcTemplate database;

    @Test
    void aReceiptIsSentAfterThreeDays() {
        var receipt = "{\"orderId\": 42, \"email\": \"ann@example.org\"}";
        queue.queue().enqueue("receipt", receipt, job -> job.delay(Duration.ofDays(3)));
        queue.advance(Duration.ofDays(3));
        verify(mailer).send("ann@example.org", "Thank you for order 42");
        queue.assertNoFailures();
    }
}
