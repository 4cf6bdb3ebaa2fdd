package io.pgqueuer.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.Insights;
import io.pgqueuer.java.JobQueue;
import io.pgqueuer.java.Schedules;
import io.pgqueuer.java.SchemaManager;
import io.pgqueuer.java.SchemaMode;
import io.pgqueuer.java.internal.JavaBackendKt;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

class AutoConfigurationTest {
    private static TestDatabase database;

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(DataSourceAutoConfiguration.class, PgQueuerAutoConfiguration.class));

    @BeforeEach
    void makeDatabase() {
        database = new TestDatabase();
    }

    private ApplicationContextRunner onDatabase() {
        return runner.withPropertyValues(database.properties());
    }

    @Test
    void theApplicationsDataSourceHasTheQueue() {
        onDatabase().run(context -> {
            assertThat(context).hasNotFailed();
            context.getBean(JobQueue.class).enqueue("fetch").join();
            assertThat(database.jobs()).containsExactly("fetch");
            assertThat(context.getBean(Insights.class).backlog().join()).hasSize(1);
            assertThat(context.getBean(Schedules.class).list().join()).isEmpty();
            assertThat(context.getBean(SchemaManager.class).verify().join()).isEmpty();
        });
    }

    @Test
    void coreAndJavaShareOneBackend() {
        onDatabase().run(context -> {
            var core = context.getBean(io.pgqueuer.Backend.class);
            assertThat(JavaBackendKt.toCore(context.getBean(Backend.class))).isSameAs(core);
            assertThat(context.getBean(io.pgqueuer.JobQueue.class)).isSameAs(core.getQueue());
        });
    }

    @Test
    void aDsnNamesADatabaseOfItsOwn() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(PgQueuerAutoConfiguration.class))
                .withPropertyValues(
                        "pgqueuer.dsn=" + database.dsn(), "pgqueuer.schema-mode=install", "pgqueuer.prefix=app_")
                .run(context -> {
                    context.getBean(JobQueue.class).enqueue("fetch").join();
                    assertThat(database.texts("SELECT entrypoint FROM app_pgqueuer")).containsExactly("fetch");
                });
    }

    @Test
    void theQueueCanBeTurnedOff() {
        onDatabase().withPropertyValues("pgqueuer.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(JobQueue.class));
    }

    @Test
    void withoutADatabaseTheStartFailsAndSaysWhatToSet() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(PgQueuerAutoConfiguration.class))
                .run(failsWith("there is no DataSource bean", "set spring.datasource.url or pgqueuer.dsn"));
    }

    @Test
    void ofSeveralDataSourcesTheMarkedOneHasTheQueue() {
        var other = new TestDatabase();
        onDatabase()
                .withUserConfiguration(TwoDataSources.class)
                .withPropertyValues("test.second=" + other.properties()[0].substring("spring.datasource.url=".length()))
                .run(context -> {
                    context.getBean(JobQueue.class).enqueue("fetch").join();
                    assertThat(other.jobs()).containsExactly("fetch");
                });
    }

    @Test
    void ofSeveralDataSourcesNoneIsGuessed() {
        onDatabase()
                .withBean("first", HikariDataSource.class, HikariDataSource::new)
                .withBean("second", HikariDataSource.class, HikariDataSource::new)
                .run(failsWith("there are 2 DataSource beans", "@PgQueuerDataSource or @Primary"));
    }

    @Test
    void byDefaultAMissingSchemaFailsTheStartAndSaysWhatToDo() {
        onDatabase()
                .withPropertyValues("pgqueuer.schema-mode=validate")
                .run(failsWith("the queue is not ready", "pgq install", "pgqueuer.schema-mode=install"));
        onDatabase().withPropertyValues("pgqueuer.schema-mode=none").run(context -> assertThat(context).hasNotFailed());
        assertThat(new PgQueuerPropertiesDefaults().schemaMode()).isEqualTo(SchemaMode.VALIDATE);
    }

    @Test
    void anUpgradeInstallsWhatIsMissing() {
        onDatabase().withPropertyValues("pgqueuer.schema-mode=upgrade").run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(database.jobs()).isEmpty();
        });
        database.execute("ALTER TABLE pgqueuer DROP COLUMN rescues");
        onDatabase().run(failsWith("the queue is not ready", "pgqueuer.schema-mode=upgrade"));
        onDatabase().withPropertyValues("pgqueuer.schema-mode=upgrade").run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(context.getBean(SchemaManager.class).verify().join()).isEmpty();
        });
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void differencesWithWhichTheQueueWorksAreWarnings(CapturedOutput output) {
        onDatabase().withPropertyValues("pgqueuer.schema-mode=install").run(context -> assertThat(output)
                .doesNotContain("pgqueuer_log_status"));
        database.execute("CREATE INDEX pgqueuer_log_status ON pgqueuer_log (status)");
        onDatabase().run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(output.getOut().lines().filter(line -> line.contains("pgqueuer_log_status")))
                    .singleElement()
                    .asString()
                    .contains("WARN", "pgq upgrade");
        });
    }

    @Test
    void theQueueIsInstalledAfterTheDatabaseIsInitialized() {
        onDatabase()
                .withConfiguration(AutoConfigurations.of(DataSourceInitializationAutoConfiguration.class))
                .withPropertyValues(
                        "spring.sql.init.mode=always",
                        "spring.sql.init.schema-locations=classpath:jobs.sql",
                        "pgqueuer.schema=jobs")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(database.texts("SELECT entrypoint FROM jobs.pgqueuer")).isEmpty();
                });
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void aFailedStartIsExplained(CapturedOutput output) {
        var application = new SpringApplication(PgQueuerAutoConfiguration.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        assertThatThrownBy(application::run).hasRootCauseInstanceOf(IllegalStateException.class);
        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("The queue has no database: there is no DataSource bean, and pgqueuer.dsn is not set.")
                .contains("Set spring.datasource.url or pgqueuer.dsn");
    }

    @Test
    void anInvalidPropertyIsNamed() {
        onDatabase()
                .withPropertyValues("pgqueuer.worker.batch-size=0")
                .run(failsWith("pgqueuer.worker.batch-size", "0"));
        onDatabase().withPropertyValues("pgqueuer.max-payload-size=3GB").run(failsWith("pgqueuer.max-payload-size"));
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(PgQueuerAutoConfiguration.class))
                .withPropertyValues("pgqueuer.dsn=postgresql://ann:secret@db:port/app")
                .run(context -> {
            assertThat(context).hasFailed();
            assertThat(context.getStartupFailure()).rootCause().hasMessageContaining("pgqueuer.dsn");
            assertThat(context.getStartupFailure()).rootCause().hasMessageNotContaining("secret");
        });
    }

    @Test
    void customizersAreCalledInTheirOrder() {
        onDatabase().withUserConfiguration(Customized.class).run(context -> {
            context.getBean(JobQueue.class).enqueue("fetch").join();
            assertThat(database.texts("SELECT headers ->> 'by' FROM pgqueuer")).containsExactly("second");
        });
    }

    @Test
    void beansOfTheApplicationStandInForThese() {
        onDatabase().withBean(Backend.class, Backend::inMemory).run(context -> {
            assertThat(context).hasSingleBean(Backend.class).hasSingleBean(io.pgqueuer.Backend.class);
            context.getBean(JobQueue.class).enqueue("fetch").join();
            assertThat(context.getBean(Insights.class).backlog().join()).hasSize(1);
        });
        onDatabase()
                .withPropertyValues("pgqueuer.schema-mode=none")
                .withBean(io.pgqueuer.Backend.class, () -> io.pgqueuer.memory.InMemoryBackendKt.inMemoryBackend(
                        kotlin.time.Clock.System.INSTANCE, options -> kotlin.Unit.INSTANCE))
                .run(context -> {
                    assertThat(JavaBackendKt.toCore(context.getBean(Backend.class)))
                            .isSameAs(context.getBean(io.pgqueuer.Backend.class));
                });
    }

    private static org.springframework.boot.test.context.runner.ContextConsumer<AssertableApplicationContext> failsWith(
            String... parts) {
        return context -> {
            assertThat(context).hasFailed();
            var messages = new StringBuilder();
            for (Throwable cause = context.getStartupFailure(); cause != null; cause = cause.getCause()) {
                messages.append(cause.getMessage()).append('\n');
            }
            assertThat(messages.toString()).contains(parts);
        };
    }

    /** The properties of an application that sets none. */
    private record PgQueuerPropertiesDefaults() {
        SchemaMode schemaMode() {
            return new org.springframework.boot.context.properties.bind.Binder()
                    .bindOrCreate("pgqueuer", PgQueuerProperties.class)
                    .schemaMode();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoDataSources {
        @Bean
        DataSource first(org.springframework.core.env.Environment environment) {
            return DataSourceBuilder.create().url(environment.getProperty("spring.datasource.url")).build();
        }

        @Bean
        @PgQueuerDataSource
        DataSource second(org.springframework.core.env.Environment environment) {
            return DataSourceBuilder.create().url(environment.getProperty("test.second")).build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Customized {
        @Bean
        @Order(2)
        BackendCustomizer second() {
            return options -> options.interceptEnqueue(job -> job.with(copy -> copy.header("by", "second")));
        }

        @Bean
        @Order(1)
        BackendCustomizer first() {
            return options -> options.interceptEnqueue(job -> job.with(copy -> copy.header("by", "first")));
        }
    }
}
