package io.pgqueuer.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.Insights;
import io.pgqueuer.java.JobContext;
import io.pgqueuer.java.JobQueue;
import io.pgqueuer.java.JobStatus;
import io.pgqueuer.java.NewJob;
import io.pgqueuer.java.OnFailure;
import io.pgqueuer.java.Schedule;
import io.pgqueuer.java.ScheduleContext;
import io.pgqueuer.java.Schedules;
import io.pgqueuer.java.StoredJob;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Annotated methods, on a queue in memory. */
class HandlersTest {
    private static final List<String> SEEN = new CopyOnWriteArrayList<>();

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    JacksonAutoConfiguration.class,
                    PgQueuerAutoConfiguration.class,
                    PropertyPlaceholderAutoConfiguration.class))
            .withBean(Backend.class, Backend::inMemory)
            .withPropertyValues("receipts.name=receipt", "receipts.timeout=5s");

    HandlersTest() {
        SEEN.clear();
    }

    record Receipt(@JsonProperty("order_id") long orderId) {}

    static class Receipts {
        @JobHandler(
                name = "${receipts.name}",
                concurrencyLimit = "5",
                timeout = "${receipts.timeout}",
                onFailure = OnFailure.HOLD,
                retry = @JobRetry(maxAttempts = "3", initialDelay = "1ms", notOn = IllegalArgumentException.class))
        void send(JobContext context, Receipt receipt, StoredJob job) {
            SEEN.add("order " + receipt.orderId() + " attempt " + context.attempt() + " of " + job.entrypoint());
            if (receipt.orderId() == 13 && context.attempt() < 3) {
                throw new IllegalStateException("not yet");
            }
            if (receipt.orderId() == 14) {
                throw new IllegalArgumentException("never");
            }
        }

        @JobHandler("text")
        CompletionStage<Void> text(String text) {
            SEEN.add("text " + text);
            return CompletableFuture.completedFuture(null);
        }

        @JobHandler("bytes")
        void bytes(byte[] bytes) {
            SEEN.add("bytes " + bytes.length);
        }

        @JobHandler("list")
        void list(List<Receipt> receipts) {
            SEEN.add("list " + receipts.get(0).orderId());
        }

        @JobHandler("nothing")
        protected void nothing() {
            SEEN.add("nothing");
        }

        @JobSchedule(name = "nightly", cron = "0 2 * * *", zone = "${zone:Europe/Berlin}")
        void nightly(Schedule schedule, ScheduleContext context) {
            SEEN.add("nightly " + schedule.id() + " " + (context.schedule().id() == schedule.id()));
        }

        @JobSchedule(name = "off", cron = "${off.cron:-}")
        void off() {}
    }

    @Test
    void handlersGetThePayloadsThatTheyDeclare() {
        runner.withBean(Receipts.class).run(context -> {
            var queue = context.getBean(JobQueue.class);
            var codecs = context.getBean(PayloadCodecs.class);
            queue.enqueue(codecs.jobType("receipt", Receipt.class), new Receipt(42)).join();
            queue.enqueue("receipt", "{\"order_id\": 43, \"unknown\": true}").join();
            queue.enqueue("text", "{").join();
            queue.enqueue("bytes", new byte[3]).join();
            queue.enqueue("list", "[{\"order_id\": 7}]").join();
            queue.enqueue("nothing").join();
            sees("order 42 attempt 1 of receipt", "order 43 attempt 1 of receipt", "text {", "bytes 3", "list 7", "nothing");
        });
    }

    @Test
    void retriesFollowTheAnnotation() {
        runner.withBean(Receipts.class).run(context -> {
            var queue = context.getBean(JobQueue.class);
            queue.enqueue("receipt", "{\"order_id\": 13}").join();
            sees("order 13 attempt 1 of receipt", "order 13 attempt 2 of receipt", "order 13 attempt 3 of receipt");
            queue.enqueue("receipt", "{\"order_id\": 14}").join();
            queue.enqueue("receipt", "not JSON").join();
            Awaitility.await().until(() -> queue.heldJobs().join().size() == 2);
            assertThat(SEEN).filteredOn(text -> text.startsWith("order 14")).hasSize(1);
        });
    }

    static class Limited {
        private final AtomicInteger running = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();

        @JobHandler(
                value = "slow",
                timeout = "50ms",
                onFailure = OnFailure.DELETE,
                onUndecodable = OnFailure.DELETE,
                retry = @JobRetry(maxAttempts = "1"))
        void slow(Receipt receipt) throws InterruptedException {
            new CountDownLatch(1).await();
        }

        @JobHandler(value = "alone", concurrencyLimit = "${limit:1}")
        CompletionStage<Void> alone() {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            return CompletableFuture.runAsync(
                    running::decrementAndGet, CompletableFuture.delayedExecutor(5, TimeUnit.MILLISECONDS));
        }
    }

    @Test
    void limitsTimeoutsAndWhatBecomesOfFailuresFollowTheAnnotation() {
        runner.withBean(Limited.class).run(context -> {
            var queue = context.getBean(JobQueue.class);
            var insights = context.getBean(Insights.class);
            long late = queue.enqueue("slow", "{\"order_id\": 1}").join();
            long undecodable = queue.enqueue("slow", "not JSON").join();
            queue.enqueueAll(Collections.nCopies(20, NewJob.of("alone"))).join();
            Awaitility.await().until(() -> insights.queueSize().join().isEmpty());
            assertThat(insights.lastStatuses(List.of(late, undecodable)).join())
                    .containsEntry(late, JobStatus.EXCEPTION)
                    .containsEntry(undecodable, JobStatus.EXCEPTION);
            assertThat(insights.log(late).join().stream().flatMap(entry -> entry.failure().stream()))
                    .anySatisfy(failure -> assertThat(failure.message()).contains("longer than its timeout of 50ms"));
            assertThat(context.getBean(Limited.class).most).hasValue(1);
        });
    }

    @Test
    void schedulesAreStoredAndRun() {
        runner.withBean(Receipts.class).run(context -> {
            var schedules = context.getBean(Schedules.class);
            Awaitility.await().until(() -> schedules.list().join().size() == 1);
            var nightly = schedules.list().join().get(0);
            assertThat(nightly.name()).isEqualTo("nightly");
            schedules.runNow(List.of(nightly.id())).join();
            sees("nightly " + nightly.id() + " true");
        });
    }

    @Test
    void suspendingHandlersRunInTheCoroutineOfTheirJob() {
        runner.withBean(KotlinHandlers.class, () -> new KotlinHandlers(SEEN)).run(context -> {
            var queue = context.getBean(JobQueue.class);
            queue.enqueue("suspending", "{\"name\": \"Ann\"}").join();
            Awaitility.await().until(() -> SEEN.size() == 1);
            assertThat(SEEN.get(0)).isEqualTo("Ann as 1 of suspending");
            queue.enqueue("failing").join();
            Awaitility.await().until(() -> queue.heldJobs().join().size() == 1);
            assertThat(queue.heldJobs().join().get(0).failure().orElseThrow().message()).contains("no luck");

            long endless = queue.enqueue("endless").join();
            Awaitility.await().until(() -> SEEN.contains("started " + endless));
            queue.cancel(endless).join();
            assertThat(context.getBean(KotlinHandlers.class).getCleanedUp().get(10, TimeUnit.SECONDS))
                    .isEqualTo("cleaned up " + endless);
            Awaitility.await().until(() ->
                    context.getBean(Insights.class).job(endless).join().isEmpty());
        });
    }

    @Test
    void interceptorsWrapSuspendingHandlersToo() {
        runner.withBean(KotlinHandlers.class, () -> new KotlinHandlers(SEEN))
                .withBean(WorkerCustomizer.class, () -> worker -> worker.intercept((context, next) -> {
                    SEEN.add("before");
                    return next.proceed().whenComplete((value, failure) -> SEEN.add("after"));
                }))
                .run(context -> {
                    context.getBean(JobQueue.class).enqueue("suspending", "{}").join();
                    Awaitility.await().until(() -> SEEN.contains("after"));
                    assertThat(SEEN).hasSize(3).startsWith("before").endsWith("after");
                    assertThat(SEEN.get(1)).contains("suspending");
                });
    }

    static class InTransaction {
        private final List<String> seen = SEEN;

        @Transactional
        @JobHandler("transactional")
        void run(StoredJob job) {
            seen.add("in a transaction: " + TransactionSynchronizationManager.isActualTransactionActive());
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement(proxyTargetClass = true)
    static class Transactions {
        @Bean
        PlatformTransactionManager transactionManager() {
            return new NoDatabase();
        }
    }

    @Test
    void handlersAreCalledThroughTheirProxy() {
        runner.withUserConfiguration(Transactions.class).withBean(InTransaction.class).run(context -> {
            assertThat(context.getBean(InTransaction.class).getClass()).isNotEqualTo(InTransaction.class);
            context.getBean(JobQueue.class).enqueue("transactional").join();
            sees("in a transaction: true");
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class LazyBean {
        @Bean
        @Lazy
        Sleeper sleeper() {
            return new Sleeper();
        }
    }

    static class Sleeper {
        Sleeper() {
            SEEN.add("made");
        }

        @JobHandler("wake")
        void wake() {
            SEEN.add("woken");
        }
    }

    @Test
    void aLazyBeanIsMadeForItsFirstJob() {
        runner.withUserConfiguration(LazyBean.class).run(context -> {
            assertThat(context.getBean(WorkerLifecycle.class).entrypoints()).containsExactly("wake");
            assertThat(SEEN).isEmpty();
            context.getBean(JobQueue.class).enqueue("wake").join();
            sees("made", "woken");
        });
    }

    static class Private {
        @JobHandler("a")
        private void run() {}
    }

    static class Static {
        @JobHandler("a")
        static void run() {}
    }

    static class Final {
        @JobHandler("a")
        final void run() {}

        @Transactional
        void other() {}
    }

    static class TwoPayloads {
        @JobHandler("a")
        void run(String one, Receipt two) {}
    }

    static class Returning {
        @JobHandler("a")
        int run() {
            return 1;
        }
    }

    static class Nameless {
        @JobHandler
        void run() {}
    }

    static class BadLimit {
        @JobHandler(value = "a", concurrencyLimit = "many")
        void run() {}
    }

    static class BadRetry {
        @JobHandler(value = "a", retry = @JobRetry(maxAttempts = "0"))
        void run() {}
    }

    static class Unresolved {
        @JobHandler("${nowhere}")
        void run() {}
    }

    static class BadCron {
        @JobSchedule(name = "s", cron = "61 * * * *")
        void run() {}
    }

    static class BadZone {
        @JobSchedule(name = "s", cron = "@daily", zone = "Mars")
        void run() {}
    }

    static class ScheduleWithPayload {
        @JobSchedule(name = "s", cron = "@daily")
        void run(String payload) {}
    }

    static class First {
        @JobHandler("a")
        void first() {}
    }

    static class Second {
        @JobHandler("a")
        void second() {}
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement
    static class InterfaceProxies {
        @Bean
        PlatformTransactionManager transactionManager() {
            return new NoDatabase();
        }
    }

    interface Service {
        void other();
    }

    static class Implementation implements Service {
        @JobHandler("a")
        public void run() {}

        @Override
        @Transactional
        public void other() {}
    }

    @Test
    void aMethodThatCannotBeAHandlerFailsTheStart() {
        fails(Private.class, "Private.run() is private", "make it package-private or public");
        fails(Static.class, "Static.run() is static", "make it a method of the bean");
        fails(TwoPayloads.class, "TwoPayloads.run(String, Receipt) has two parameters for the payload");
        fails(Returning.class, "Returning.run() returns int", "return void, or a CompletionStage");
        fails(Nameless.class, "Nameless.run() has no name");
        fails(BadLimit.class, "BadLimit.run() is invalid: concurrencyLimit must be a whole number, was 'many'");
        fails(BadRetry.class, "BadRetry.run() is invalid", "0");
        fails(Unresolved.class, "Unresolved.run() is invalid: name cannot be resolved", "nowhere");
        fails(BadCron.class, "BadCron.run() is invalid", "61");
        fails(BadZone.class, "BadZone.run() is invalid: zone must be a time zone", "'Mars'");
        fails(ScheduleWithPayload.class, "has a parameter of type java.lang.String", "ScheduleContext and Schedule");
    }

    @Test
    void aFinalMethodBehindAProxyFailsTheStart() {
        assertFails(
                runner.withUserConfiguration(Transactions.class).withBean(Final.class),
                "Final.run() is final",
                "remove final");
        runner.withBean(Final.class).run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void aMethodThatTheProxyDoesNotHaveFailsTheStart() {
        assertFails(
                runner.withUserConfiguration(InterfaceProxies.class).withBean(Implementation.class),
                "Implementation.run() cannot be called: its bean is a proxy of its interfaces");
    }

    @Test
    void twoHandlersOfOneEntrypointFailTheStart() {
        assertFails(
                runner.withBean(First.class).withBean(Second.class),
                "entrypoint 'a' has two handlers",
                "First.first()",
                "Second.second()");
        assertFails(
                runner.withBean("one", First.class).withBean("two", First.class),
                "entrypoint 'a' has two handlers",
                "declare one bean");
    }

    @Test
    void withoutJacksonATypedPayloadFailsTheStart() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(PgQueuerAutoConfiguration.class))
                .withClassLoader(new org.springframework.boot.test.context.FilteredClassLoader(
                        "tools.jackson", "com.fasterxml.jackson.databind"))
                .withBean(Backend.class, Backend::inMemory)
                .withPropertyValues("receipts.name=receipt", "receipts.timeout=5s")
                .withBean(Receipts.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasMessageContaining("there is no codec for payloads of type")
                        .hasMessageContaining("spring-boot-starter-jackson"));
    }

    private void fails(Class<?> handlers, String... parts) {
        assertFails(runner.withBean(handlers), parts);
    }

    private static void assertFails(ApplicationContextRunner runner, String... parts) {
        runner.run(context -> {
            assertThat(context).hasFailed();
            var messages = new StringBuilder();
            for (Throwable cause = context.getStartupFailure(); cause != null; cause = cause.getCause()) {
                messages.append(cause.getMessage()).append('\n');
            }
            assertThat(messages.toString()).contains(parts);
        });
    }

    private static void sees(String... expected) {
        Awaitility.await().untilAsserted(() -> assertThat(SEEN).containsExactlyInAnyOrder(expected));
    }

    /** Transactions of nothing. */
    private static final class NoDatabase extends AbstractPlatformTransactionManager {
        private static final long serialVersionUID = 1L;

        @Override
        protected Object doGetTransaction() {
            return this;
        }

        @Override
        protected void doBegin(Object transaction, org.springframework.transaction.TransactionDefinition definition) {}

        @Override
        protected void doCommit(DefaultTransactionStatus status) {}

        @Override
        protected void doRollback(DefaultTransactionStatus status) {}
    }
}
