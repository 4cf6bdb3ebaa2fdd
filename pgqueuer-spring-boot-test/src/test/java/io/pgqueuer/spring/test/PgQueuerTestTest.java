package io.pgqueuer.spring.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

import io.pgqueuer.java.JobQueue;
import io.pgqueuer.java.test.TestQueue;
import io.pgqueuer.spring.PayloadCodecs;
import io.pgqueuer.spring.test.shop.Mailer;
import io.pgqueuer.spring.test.shop.Pages;
import io.pgqueuer.spring.test.shop.Reminder;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationContext;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

/** The slice, as an application uses it. */
@PgQueuerTest
class PgQueuerTestTest {
    @Autowired
    private TestQueue queue;

    @Autowired
    private PayloadCodecs codecs;

    @MockitoBean
    private Mailer mailer;

    @Test
    void aReminderIsSentAfterThreeDays() {
        var remind = codecs.jobType("remind", Reminder.class);
        assertThat(queue.queue().enqueue(remind, new Reminder("ann@example.org"), job -> job.delay(Duration.ofDays(3))))
                .isCompletedWithValue(1L);
        queue.assertEnqueued(remind, new Reminder("ann@example.org"));
        queue.advance(Duration.ofDays(2));
        verify(mailer, never()).send(any());
        queue.advance(Duration.ofDays(1));
        verify(mailer).send("ann@example.org");
        queue.assertNoFailures();
    }

    @Test
    void theQueueIsEmptyInTheNextTest(@Autowired JobQueue injected) {
        queue.assertNothingEnqueued();
        assertThat(injected.enqueue("remind", "{\"address\": \"bob@example.org\"}")).isCompletedWithValue(1L);
        doThrow(new IllegalStateException("no connection")).doNothing().when(mailer).send(any());
        assertThat(queue.drain().retried()).isEqualTo(1);
        verify(mailer, times(2)).send("bob@example.org");
    }

    @Test
    void schedulesRunInVirtualTime() {
        queue.advance(Duration.ofDays(2));
        verify(mailer, times(2)).report();
    }

    @Test
    void aHandlerThatCompletesItsJobInATransactionRuns() {
        queue.queue().enqueue("transactional");
        assertThat(queue.drain().succeeded()).isEqualTo(1);
    }

    @Test
    void whatHasNoHandlersIsNotStarted(@Autowired ApplicationContext context) {
        assertThat(context.getBeanNamesForType(Pages.class)).isEmpty();
    }
}
