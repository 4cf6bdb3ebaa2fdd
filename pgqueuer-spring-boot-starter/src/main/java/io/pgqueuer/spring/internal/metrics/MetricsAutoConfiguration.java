package io.pgqueuer.spring.internal.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.micrometer.QueueMetrics;
import io.pgqueuer.java.micrometer.WorkerMetrics;
import io.pgqueuer.spring.BackendCustomizer;
import io.pgqueuer.spring.PgQueuerAutoConfiguration;
import io.pgqueuer.spring.PgQueuerProperties;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Measures the queue and its worker in the application's registry. Spring Boot binds the gauges to it. */
@AutoConfiguration(
        before = PgQueuerAutoConfiguration.class,
        afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass({MeterRegistry.class, QueueMetrics.class})
@ConditionalOnBean(MeterRegistry.class)
@ConditionalOnBooleanProperty(name = {"pgqueuer.enabled", "pgqueuer.metrics.enabled"}, matchIfMissing = true)
public final class MetricsAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean
    WorkerMetrics pgqueuerWorkerMetrics(MeterRegistry registry) {
        return WorkerMetrics.of(registry);
    }

    @Bean
    BackendCustomizer pgqueuerMetricsCustomizer(WorkerMetrics metrics) {
        return options -> options.observe(metrics);
    }

    @Bean
    @ConditionalOnMissingBean
    QueueMetrics pgqueuerQueueMetrics(Backend backend, PgQueuerProperties properties) {
        return QueueMetrics.of(backend, options -> {
            options.interval(properties.metrics().interval());
            if (properties.prefix() != null) {
                options.prefix(properties.prefix());
            }
        });
    }
}
