package io.pgqueuer.spring;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.Insights;
import io.pgqueuer.java.JobQueue;
import io.pgqueuer.java.Schedules;
import io.pgqueuer.java.SchemaManager;
import io.pgqueuer.spring.internal.backend.BackendConfigurations;
import io.pgqueuer.spring.internal.backend.CoreBackendsKt;
import io.pgqueuer.spring.internal.handler.HandlerRegistry;
import io.pgqueuer.spring.internal.payload.PayloadCodecsConfigurations;
import io.pgqueuer.spring.internal.schema.QueueSchema;
import io.pgqueuer.spring.internal.transaction.SpringJobTransactions;
import io.pgqueuer.spring.internal.transaction.SpringTransactions;
import io.pgqueuer.spring.internal.worker.SpringWorker;
import java.time.Duration;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/**
 * Configures the queue and its worker: on the application's {@code DataSource}, or on the database that
 * {@code pgqueuer.dsn} names.
 *
 * <p>Beans: {@link Backend}, {@link JobQueue}, {@link Insights}, {@link Schedules}, {@link SchemaManager},
 * {@link JobTransactions}, {@link PayloadCodecs}, {@link WorkerLifecycle}, and for Kotlin core's
 * {@code io.pgqueuer.Backend} and {@code io.pgqueuer.JobQueue}. Each of them steps back if the application defines one. If
 * the application defines one of the two backends, the other one is made from it.
 */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.JndiDataSourceAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.XADataSourceAutoConfiguration",
            "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration",
            "org.springframework.boot.jackson2.autoconfigure.Jackson2AutoConfiguration"
        })
@ConditionalOnBooleanProperty(name = "pgqueuer.enabled", matchIfMissing = true)
@EnableConfigurationProperties(PgQueuerProperties.class)
@Import({
    BackendConfigurations.JavaOnCore.class,
    BackendConfigurations.OnDatabase.class,
    PayloadCodecsConfigurations.MapperOfJackson3.class,
    PayloadCodecsConfigurations.MapperOfJackson2.class,
    PayloadCodecsConfigurations.OwnJackson3.class,
    PayloadCodecsConfigurations.OwnJackson2.class,
    PayloadCodecsConfigurations.NoJackson.class
})
public final class PgQueuerAutoConfiguration {
    private static final Duration DEFAULT_PHASE_TIMEOUT = Duration.ofSeconds(30);

    /** Closed by the backend of Java, on which it stands. */
    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    io.pgqueuer.Backend pgqueuerCoreBackend(Backend backend) {
        return CoreBackendsKt.coreOf(backend);
    }

    @Bean
    @ConditionalOnMissingBean
    @DependsOnDatabaseInitialization
    QueueSchema pgqueuerSchemaCheck(Backend backend, PgQueuerProperties properties) {
        return new QueueSchema(backend, properties.schemaMode());
    }

    /** Made after the check of the schema, so that beans can enqueue while the application starts. */
    @Bean
    @ConditionalOnMissingBean
    JobQueue pgqueuerJobQueue(Backend backend, QueueSchema checked) {
        return backend.queue();
    }

    @Bean
    @ConditionalOnMissingBean
    io.pgqueuer.JobQueue pgqueuerCoreJobQueue(io.pgqueuer.Backend backend, QueueSchema checked) {
        return backend.getQueue();
    }

    @Bean
    @ConditionalOnMissingBean
    Insights pgqueuerInsights(Backend backend) {
        return backend.insights();
    }

    @Bean
    @ConditionalOnMissingBean
    Schedules pgqueuerSchedules(Backend backend) {
        return backend.schedules();
    }

    @Bean
    @ConditionalOnMissingBean
    SchemaManager pgqueuerSchemaManager(Backend backend) {
        return backend.schema();
    }

    @Bean
    @ConditionalOnMissingBean
    JobTransactions pgqueuerJobTransactions(
            @PgQueuerDataSource ObjectProvider<DataSource> marked,
            ObjectProvider<DataSource> dataSources) {
        return new SpringJobTransactions(
                new SpringTransactions(marked.getIfAvailable(dataSources::getIfUnique)));
    }

    @Bean
    @ConditionalOnMissingBean
    HandlerRegistry pgqueuerHandlers(ConfigurableListableBeanFactory beans, PayloadCodecs codecs) {
        return new HandlerRegistry(beans, codecs);
    }

    @Bean
    @ConditionalOnMissingBean
    WorkerLifecycle pgqueuerWorker(
            Backend backend,
            QueueSchema checked,
            HandlerRegistry handlers,
            ObjectProvider<WorkerCustomizer> customizers,
            PgQueuerProperties properties,
            Environment environment) {
        var phaseTimeout = Binder.get(environment)
                .bind("spring.lifecycle.timeout-per-shutdown-phase", Bindable.of(Duration.class))
                .orElse(DEFAULT_PHASE_TIMEOUT);
        return new SpringWorker(
                backend, handlers, customizers.orderedStream().toList(), properties.worker(), phaseTimeout);
    }
}
