package io.pgqueuer.spring.test.internal;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.test.TestQueue;
import io.pgqueuer.spring.JobTransactions;
import io.pgqueuer.spring.PgQueuerAutoConfiguration;
import io.pgqueuer.spring.WorkerCustomizer;
import io.pgqueuer.spring.internal.handler.HandlerRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.context.annotation.Bean;

/** The queue in virtual time, with the application's handlers. */
@AutoConfiguration(before = PgQueuerAutoConfiguration.class)
public final class TestQueueAutoConfiguration {
    @Bean
    TestQueue testQueue(HandlerRegistry handlers, ObjectProvider<WorkerCustomizer> customizers) {
        return TestQueue.create(worker -> {
            customizers.orderedStream().forEach(customizer -> customizer.customize(worker));
            handlers.registerOn(worker);
        });
    }

    /** Closed by the test queue. */
    @Bean(destroyMethod = "")
    Backend pgqueuerBackend(TestQueue queue) {
        return queue.backend();
    }

    @Bean
    JobTransactions pgqueuerJobTransactions() {
        return new NoTransactions();
    }
}
