package io.pgqueuer.spring.internal.tracing;

import io.opentelemetry.api.OpenTelemetry;
import io.pgqueuer.opentelemetry.JobTracing;
import io.pgqueuer.spring.BackendCustomizer;
import io.pgqueuer.spring.PgQueuerAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Traces jobs with the application's {@code OpenTelemetry}. */
@AutoConfiguration(
        before = PgQueuerAutoConfiguration.class,
        afterName = "org.springframework.boot.opentelemetry.autoconfigure.OpenTelemetrySdkAutoConfiguration")
@ConditionalOnClass({OpenTelemetry.class, JobTracing.class})
@ConditionalOnBean(OpenTelemetry.class)
@ConditionalOnBooleanProperty(name = {"pgqueuer.enabled", "pgqueuer.tracing.enabled"}, matchIfMissing = true)
public final class TracingAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean
    JobTracing pgqueuerTracing(OpenTelemetry openTelemetry) {
        return JobTracing.of(openTelemetry);
    }

    @Bean
    BackendCustomizer pgqueuerTracingCustomizer(JobTracing tracing) {
        return options -> options.install(tracing);
    }
}
