package io.pgqueuer.spring.internal.endpoint;

import io.pgqueuer.java.Insights;
import io.pgqueuer.java.JobQueue;
import io.pgqueuer.spring.PgQueuerAutoConfiguration;
import io.pgqueuer.spring.WorkerLifecycle;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** The endpoint {@code pgqueuer} of Actuator, if it is exposed. */
@AutoConfiguration(after = PgQueuerAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean(WorkerLifecycle.class)
public final class EndpointAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint(endpoint = QueueEndpoint.class)
    QueueEndpoint pgqueuerEndpoint(Insights insights, JobQueue queue, WorkerLifecycle lifecycle) {
        return new QueueEndpoint(insights, queue, lifecycle);
    }
}
