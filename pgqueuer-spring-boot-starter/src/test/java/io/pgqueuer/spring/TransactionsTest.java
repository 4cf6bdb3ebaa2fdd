package io.pgqueuer.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.Insights;
import io.pgqueuer.java.JobQueue;
import io.pgqueuer.java.NewJob;
import io.pgqueuer.java.RunMode;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.Id;
import java.util.List;
import java.util.concurrent.CompletionException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/** Calls on the queue inside transactions that Spring has begun. */
class TransactionsTest {
    private final TestDatabase database = new TestDatabase();

    private final ApplicationContextRunner jdbc = new ApplicationContextRunner()
            .withPropertyValues(database.properties())
            .withConfiguration(AutoConfigurations.of(
                    DataSourceAutoConfiguration.class,
                    DataSourceTransactionManagerAutoConfiguration.class,
                    TransactionAutoConfiguration.class,
                    PgQueuerAutoConfiguration.class));

    private void onJdbc(ContextConsumer<AssertableApplicationContext> test) {
        jdbc.run(context -> {
            assertThat(context).hasNotFailed();
            test.accept(context);
        });
    }

    @Test
    void anEnqueueIsCommittedAndRolledBackWithTheTransactionOfJdbc() {
        onJdbc(context -> {
            var queue = context.getBean(JobQueue.class);
            inTransaction(context, status -> {
                assertThat(queue.enqueue("receipt")).isCompleted();
                assertThat(database.jobs()).isEmpty();
            });
            assertThat(database.jobs()).containsExactly("receipt");
            inTransaction(context, status -> {
                queue.enqueueAll(List.of(NewJob.of("a"), NewJob.of("b"))).join();
                status.setRollbackOnly();
            });
            assertThat(database.jobs()).containsExactly("receipt");
            assertThat(database.texts("SELECT DISTINCT entrypoint FROM pgqueuer_log")).containsExactly("receipt");
        });
    }

    @Test
    void everyOtherChangeIsAPartOfTheTransactionToo() {
        onJdbc(context -> {
            var queue = context.getBean(JobQueue.class);
            long id = queue.enqueue("receipt").join();
            inTransaction(context, status -> {
                assertThat(queue.cancel(id)).isCompletedWithValue(true);
                assertThat(queue.pause("receipt")).isCompleted();
                assertThat(queue.clear("receipt")).isCompleted();
                assertThat(context.getBean(Insights.class).pauses()).isCompletedWithValueMatching(all -> all.size() == 1);
                status.setRollbackOnly();
            });
            assertThat(database.jobs()).containsExactly("receipt");
            assertThat(database.texts("SELECT entrypoint FROM pgqueuer_pauses")).isEmpty();
        });
    }

    @Test
    void theQueueOfKotlinAndOfTheBackendJoinToo() {
        onJdbc(context -> {
            inTransaction(context, status -> {
                assertThat(context.getBean(Backend.class).queue().enqueue("receipt")).isCompleted();
                KotlinCallsKt.enqueueInKotlin(context.getBean(io.pgqueuer.JobQueue.class), "receipt");
                assertThat(database.jobs()).isEmpty();
                status.setRollbackOnly();
            });
            assertThat(database.jobs()).isEmpty();
        });
    }

    @Test
    void aTransactionOfItsOwnIsCommittedByItself() {
        onJdbc(context -> {
            var queue = context.getBean(JobQueue.class);
            inTransaction(context, status -> {
                queue.enqueue("outer").join();
                template(context, TransactionDefinition.PROPAGATION_REQUIRES_NEW)
                        .executeWithoutResult(inner -> queue.enqueue("inner").join());
                template(context, TransactionDefinition.PROPAGATION_NOT_SUPPORTED)
                        .executeWithoutResult(none -> queue.enqueue("none").join());
                queue.inOwnTransaction().enqueue("audit").join();
                assertThat(database.jobs()).containsExactlyInAnyOrder("inner", "none", "audit");
                status.setRollbackOnly();
            });
            assertThat(database.jobs()).containsExactlyInAnyOrder("inner", "none", "audit");
        });
    }

    @Test
    void aDuplicateUndoesOnlyTheEnqueue() {
        onJdbc(context -> {
            var queue = context.getBean(JobQueue.class);
            queue.enqueue("receipt", job -> job.dedupeKey("42")).join();
            inTransaction(context, status -> {
                assertThat(queue.enqueue("receipt", job -> job.dedupeKey("42"))).isCompletedExceptionally();
                queue.enqueue("other");
            });
            assertThat(database.jobs()).containsExactly("receipt", "other");
        });
    }

    @Test
    void aReadOnlyTransactionRefusesAnEnqueue() {
        onJdbc(context -> {
            var readOnly = template(context, TransactionDefinition.PROPAGATION_REQUIRED);
            readOnly.setReadOnly(true);
            readOnly.executeWithoutResult(status -> {
                assertThatThrownBy(() -> context.getBean(JobQueue.class).enqueue("receipt").join())
                        .hasCauseInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("is read-only");
                assertThat(context.getBean(Insights.class).queueSize()).isCompleted();
            });
        });
    }

    @Test
    void aTransactionOnAnotherDatabaseRefusesAnEnqueue() {
        var other = DataSourceBuilder.create()
                .url(new TestDatabase().properties()[0].substring("spring.datasource.url=".length()))
                .build();
        onJdbc(context -> new TransactionTemplate(new DataSourceTransactionManager(other)).executeWithoutResult(status -> {
            var queue = context.getBean(JobQueue.class);
            assertThatThrownBy(() -> queue.enqueue("receipt").join())
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("the current Spring transaction")
                    .hasMessageContaining("is on another database")
                    .hasMessageContaining("inOwnTransaction()");
            queue.inOwnTransaction().enqueue("audit").join();
            assertThat(database.jobs()).containsExactly("audit");
        }));
    }

    @Test
    void aTransactionOnTheSameDatabaseByAnotherPoolIsJoined() {
        onJdbc(context -> {
            var second = DataSourceBuilder.create()
                    .url(context.getEnvironment().getProperty("spring.datasource.url"))
                    .build();
            new TransactionTemplate(new DataSourceTransactionManager(second)).executeWithoutResult(status -> {
                context.getBean(JobQueue.class).enqueue("receipt").join();
                status.setRollbackOnly();
            });
            assertThat(database.jobs()).isEmpty();
        });
    }

    @Test
    void aTransactionWithoutJdbcRefusesAnEnqueue() {
        onJdbc(context -> new TransactionTemplate(new NoJdbc()).executeWithoutResult(status -> {
            assertThatThrownBy(() -> context.getBean(JobQueue.class).enqueue("receipt").join())
                    .hasMessageContaining("has no JDBC connection");
            assertThat(context.getBean(Insights.class).backlog().join()).isEmpty();
        }));
    }

    @Test
    void anEnqueueAfterTheCommitIsCommittedByItself() {
        jdbc.withUserConfiguration(AfterCommit.class).run(context -> {
            inTransaction(context, status -> context.publishEvent("placed"));
            assertThat(database.jobs()).containsExactly("placed");
        });
    }

    @Test
    void aLazyDataSourceAndOneThatKnowsTransactionsAreSeenThrough() {
        for (var proxy : List.of(Lazy.class, Aware.class)) {
            database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
            new ApplicationContextRunner()
                    .withPropertyValues(database.properties())
                    .withUserConfiguration(proxy)
                    .withConfiguration(AutoConfigurations.of(
                            DataSourceTransactionManagerAutoConfiguration.class,
                            TransactionAutoConfiguration.class,
                            PgQueuerAutoConfiguration.class))
                    .run(context -> {
                        var queue = context.getBean(JobQueue.class);
                        inTransaction(context, status -> {
                            queue.enqueue("rolled-back");
                            queue.inOwnTransaction().enqueue("audit").join();
                            status.setRollbackOnly();
                        });
                        inTransaction(context, status -> queue.enqueue("committed"));
                        assertThat(database.jobs()).containsExactly("audit", "committed");
                    });
        }
    }

    @Test
    void aTransactionOfJpaIsJoined() {
        database.execute("CREATE TABLE purchase (id bigint PRIMARY KEY)");
        new ApplicationContextRunner()
                .withPropertyValues(database.properties())
                .withUserConfiguration(Jpa.class)
                .withConfiguration(AutoConfigurations.of(
                        DataSourceAutoConfiguration.class,
                        HibernateJpaAutoConfiguration.class,
                        TransactionAutoConfiguration.class,
                        PgQueuerAutoConfiguration.class))
                .run(context -> {
                    assertThat(context.getBean(PlatformTransactionManager.class))
                            .isInstanceOf(JpaTransactionManager.class);
                    var entities = context.getBean(EntityManager.class);
                    var queue = context.getBean(JobQueue.class);
                    inTransaction(context, status -> {
                        entities.persist(new Purchase(1));
                        assertThat(queue.enqueue("ship")).isCompleted();
                        status.setRollbackOnly();
                    });
                    assertThat(database.jobs()).isEmpty();
                    inTransaction(context, status -> {
                        entities.persist(new Purchase(2));
                        queue.enqueue("ship");
                        assertThat(database.jobs()).isEmpty();
                    });
                    assertThat(database.jobs()).containsExactly("ship");
                    assertThat(database.texts("SELECT id FROM purchase")).containsExactly("2");
                });
    }

    @Test
    void aHandlerCompletesItsJobInItsTransaction() {
        database.execute("CREATE TABLE receipt (job bigint)");
        onJdbc(context -> {
            var jobs = context.getBean(JobTransactions.class);
            var rows = context.getBean(DataSource.class);
            var template = template(context, TransactionDefinition.PROPAGATION_REQUIRED);
            try (var worker = context.getBean(Backend.class)
                    .worker()
                    .defaults(all -> all.retry(io.pgqueuer.java.RetryPolicy.none()))
                    .entrypoint("receipt")
                    .handle(job -> template.executeWithoutResult(status -> {
                        jobs.lock(job);
                        new JdbcTemplate(rows).update("INSERT INTO receipt VALUES (?)", job.job().id());
                        jobs.complete(job);
                        if (job.payloadText().equals("fails")) {
                            throw new IllegalStateException("after the completion");
                        }
                    }))
                    .entrypoint("outside")
                    .handle(jobs::complete)
                    .build()) {
                var queue = context.getBean(JobQueue.class);
                long written = queue.enqueue("receipt", "works").join();
                long failed = queue.enqueue("receipt", "fails").join();
                long outside = queue.enqueue("outside", "").join();
                worker.start(options -> options.mode(RunMode.DRAIN)).join();

                assertThat(database.texts("SELECT job FROM receipt")).containsExactly(String.valueOf(written));
                assertThat(queue.heldJobs().join())
                        .extracting(held -> held.job().id())
                        .containsExactly(failed, outside);
                assertThat(queue.heldJobs().join().get(1).failure().orElseThrow().message())
                        .contains("no Spring transaction is active");
            }
        });
    }

    private static void inTransaction(
            AssertableApplicationContext context,
            java.util.function.Consumer<org.springframework.transaction.TransactionStatus> work) {
        template(context, TransactionDefinition.PROPAGATION_REQUIRED).executeWithoutResult(work);
    }

    private static TransactionTemplate template(AssertableApplicationContext context, int propagation) {
        var template = new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
        template.setPropagationBehavior(propagation);
        return template;
    }

    @Configuration(proxyBeanMethods = false)
    static class AfterCommit {
        @Bean
        Listener listener(JobQueue queue) {
            return new Listener(queue);
        }
    }

    static class Listener {
        private final JobQueue queue;

        Listener(JobQueue queue) {
            this.queue = queue;
        }

        @TransactionalEventListener
        void placed(String event) {
            queue.enqueue(event).join();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Lazy {
        @Bean
        DataSource dataSource(org.springframework.core.env.Environment environment) {
            return new LazyConnectionDataSourceProxy(DataSourceBuilder.create()
                    .url(environment.getProperty("spring.datasource.url"))
                    .build());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Aware {
        @Bean
        DataSource dataSource(org.springframework.core.env.Environment environment) {
            return new TransactionAwareDataSourceProxy(DataSourceBuilder.create()
                    .url(environment.getProperty("spring.datasource.url"))
                    .build());
        }
    }

    @Configuration(proxyBeanMethods = false)
    @org.springframework.boot.persistence.autoconfigure.EntityScan(basePackageClasses = Purchase.class)
    static class Jpa {}

    @Entity(name = "purchase")
    static class Purchase {
        @Id
        private long id;

        protected Purchase() {}

        Purchase(long id) {
            this.id = id;
        }
    }

    /** Transactions of something that is no database. */
    private static final class NoJdbc extends AbstractPlatformTransactionManager {
        private static final long serialVersionUID = 1L;

        @Override
        protected Object doGetTransaction() {
            return this;
        }

        @Override
        protected void doBegin(Object transaction, TransactionDefinition definition) {}

        @Override
        protected void doCommit(DefaultTransactionStatus status) {}

        @Override
        protected void doRollback(DefaultTransactionStatus status) {}
    }
}
