package io.pgqueuer.examples.documented;

import static org.mockito.Mockito.verify;

import io.pgqueuer.java.test.TestQueue;
import io.pgqueuer.spring.test.PgQueuerTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

@PgQueuerTest
class CompletedTest {
    @Autowired TestQueue queue;
    @MockitoBean Mailer mailer;
    @MockitoBean JdbcTemplate database;

    @Test
    void aReceiptIsArchived() {
        queue.queue().enqueue("archive", "{\"orderId\": 42}");
        queue.runDue();
        verify(database).update("INSERT INTO archive VALUES (?)", 42L);
    }
}
