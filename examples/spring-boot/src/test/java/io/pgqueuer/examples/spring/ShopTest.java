package io.pgqueuer.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueuer.java.test.TestQueue;
import io.pgqueuer.spring.PayloadCodecs;
import io.pgqueuer.spring.test.PgQueuerTest;
import org.junit.jupiter.api.Test;
import org.mockito.Answers;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

/** The handler of the shop, without a database. */
@PgQueuerTest
class ShopTest {
    @Autowired
    private TestQueue queue;

    @MockitoBean(answers = Answers.RETURNS_DEEP_STUBS)
    private JdbcClient database;

    @Test
    void aReceiptCompletesItsJob(@Autowired PayloadCodecs codecs) {
        queue.queue().enqueue(codecs.jobType("receipt", Shop.Receipt.class), new Shop.Receipt(42, "ann@example.org"));
        assertThat(queue.drain().succeeded()).isEqualTo(1);
        queue.assertNoFailures();
    }
}
