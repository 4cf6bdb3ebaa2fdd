package io.pgqueuer.spring.internal.health;

import io.pgqueuer.java.Insights;
import io.pgqueuer.spring.PgQueuerAutoConfiguration;
import io.pgqueuer.spring.PgQueuerProperties;
import io.pgqueuer.spring.WorkerLifecycle;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroupsPostProcessor;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** The health of the queue, as a part of the readiness of the application. It is no part of its liveness. */
@AutoConfiguration(
        after = PgQueuerAutoConfiguration.class,
        afterName = "org.springframework.boot.health.autoconfigure.actuate.endpoint.AvailabilityProbesAutoConfiguration")
@ConditionalOnClass(HealthIndicator.class)
@ConditionalOnBean(WorkerLifecycle.class)
public final class HealthAutoConfiguration {
    /** The condition stands here, as it cannot be read without Actuator. */
    @Bean
    @ConditionalOnEnabledHealthIndicator("pgqueuer")
    @ConditionalOnMissingBean(name = "pgqueuerHealthIndicator")
    HealthIndicator pgqueuerHealthIndicator(
            Insights insights, WorkerLifecycle lifecycle, PgQueuerProperties properties) {
        return new QueueHealthIndicator(insights, lifecycle, properties.health());
    }

    @Bean
    @ConditionalOnEnabledHealthIndicator("pgqueuer")
    @ConditionalOnBooleanProperty(name = "pgqueuer.health.readiness", matchIfMissing = true)
    static HealthEndpointGroupsPostProcessor pgqueuerReadinessMember(Environment environment) {
        return new ReadinessMember("pgqueuer", environment);
    }
}
