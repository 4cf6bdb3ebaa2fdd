package io.pgqueuer.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.JobQueue;
import io.pgqueuer.java.NewJob;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The worker while an application starts and stops. */
@ExtendWith(OutputCaptureExtension.class)
class LifecycleTest {
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @Bean
        Work work() {
            return new Work();
        }

        @Bean
        FirstRunner firstRunner(WorkerLifecycle worker) {
            return new FirstRunner(worker);
        }

        @Bean
        Pages pages() {
            return new Pages();
        }
    }

    static class FirstRunner implements ApplicationRunner {
        private final WorkerLifecycle worker;
        private boolean sawTheWorkerRun;

        FirstRunner(WorkerLifecycle worker) {
            this.worker = worker;
        }

        @Override
        public void run(ApplicationArguments arguments) {
            sawTheWorkerRun = worker.isRunning();
        }
    }

    @RestController
    static class Pages {
        @GetMapping("/ping")
        String ping() {
            return "pong";
        }
    }

    static class Work {
        private final ConcurrentHashMap<Long, String> ended = new ConcurrentHashMap<>();
        private final CountDownLatch running = new CountDownLatch(1);
        private final CountDownLatch mayEnd = new CountDownLatch(1);
        private final AtomicReference<String> answerAtTheEnd = new AtomicReference<>();
        private volatile int port;

        @JobHandler("quick")
        void quick(io.pgqueuer.java.StoredJob job) throws Exception {
            running.countDown();
            mayEnd.await();
            // The web server and the pool are there as long as handlers run.
            answerAtTheEnd.set(get(port));
            ended.put(job.id(), "ended");
        }

        @JobHandler("endless")
        void endless(io.pgqueuer.java.StoredJob job) throws InterruptedException {
            running.countDown();
            new CountDownLatch(1).await();
        }
    }

    @Test
    void jobsThatRunWhenTheApplicationClosesAreSettledOrGivenBack() {
        var database = new TestDatabase();
        var context = start(database, "pgqueuer.worker.max-concurrent-tasks=4");
        var work = context.getBean(Work.class);
        work.port = ((ServletWebServerApplicationContext) context).getWebServer().getPort();
        context.getBean(JobQueue.class)
                .enqueueAll(IntStream.range(0, 20).mapToObj(i -> NewJob.of("quick")).toList())
                .join();
        await(work.running);
        var pool = context.getBean(HikariDataSource.class);
        var closing = new Thread(context::close);
        closing.start();
        // The close waits for the handlers, and so for the latch.
        Awaitility.await().until(() -> closing.getState() == Thread.State.WAITING
                || closing.getState() == Thread.State.TIMED_WAITING);
        work.mayEnd.countDown();
        join(closing);

        assertThat(work.answerAtTheEnd.get()).isEqualTo("pong");
        assertThat(pool.isClosed()).isTrue();
        var left = database.texts("SELECT id FROM pgqueuer");
        assertThat(database.texts("SELECT DISTINCT status::text FROM pgqueuer UNION SELECT 'queued'"))
                .containsExactly("queued");
        assertThat(left.size() + work.ended.size()).isEqualTo(20);
        assertThat(database.texts("SELECT job_id FROM pgqueuer_log WHERE status = 'successful'"))
                .containsExactlyInAnyOrderElementsOf(
                        work.ended.keySet().stream().map(String::valueOf).toList());
    }

    @Test
    void aHandlerThatDoesNotEndIsCancelledAndItsJobGivenBack() {
        var database = new TestDatabase();
        var context = start(database, "pgqueuer.worker.shutdown-timeout=100ms");
        context.getBean(JobQueue.class).enqueue("endless").join();
        await(context.getBean(Work.class).running);
        context.close();
        assertThat(database.texts("SELECT status::text || attempts FROM pgqueuer")).containsExactly("queued0");
    }

    @Test
    void theWorkerCanBeStoppedAndStartedWhileTheApplicationRuns() {
        var database = new TestDatabase();
        try (var context = start(database)) {
            var worker = context.getBean(WorkerLifecycle.class);
            var work = context.getBean(Work.class);
            work.port = ((ServletWebServerApplicationContext) context).getWebServer().getPort();
            work.mayEnd.countDown();
            assertThat(worker.isRunning()).isTrue();
            worker.stop();
            assertThat(worker.isRunning()).isFalse();
            long id = context.getBean(JobQueue.class).enqueue("quick").join();
            assertThat(database.jobs()).containsExactly("quick");
            worker.start();
            Awaitility.await().until(() -> work.ended.containsKey(id));

            context.stop();
            assertThat(worker.isRunning()).isFalse();
            context.start();
            assertThat(worker.isRunning()).isTrue();
        }
    }

    @Test
    void aWorkerWhoseRunFailsStartsAgainWhileTheApplicationRuns(CapturedOutput output) throws Exception {
        var database = new TestDatabase();
        try (var context = start(database)) {
            var worker = context.getBean(WorkerLifecycle.class);
            var work = context.getBean(Work.class);
            work.port = ((ServletWebServerApplicationContext) context).getWebServer().getPort();
            work.mayEnd.countDown();
            var schema = context.getBean(Backend.class).schema();
            worker.stop();
            schema.uninstall().join();
            worker.start();
            Awaitility.await().until(() -> output.getAll().contains("the worker failed; it is started again in 2s"));
            assertThat(worker.isRunning()).isTrue();
            assertThat(get(work.port)).isEqualTo("pong");
            schema.install().join();
            long id = context.getBean(JobQueue.class).enqueue("quick").join();
            Awaitility.await().until(() -> work.ended.containsKey(id));
        }
    }

    @Test
    void aWorkerThatIsNotToStartAgainEndsWithItsFirstFailure() {
        var database = new TestDatabase();
        try (var context = start(database, "pgqueuer.worker.restart-on-failure=false")) {
            var worker = context.getBean(WorkerLifecycle.class);
            worker.stop();
            context.getBean(Backend.class).schema().uninstall().join();
            worker.start();
            Awaitility.await().until(() -> !worker.isRunning());
        }
    }

    @Test
    void aSecondStopWaitsForTheSameEnd() {
        var database = new TestDatabase();
        try (var context = start(database)) {
            var worker = context.getBean(WorkerLifecycle.class);
            var work = context.getBean(Work.class);
            work.port = ((ServletWebServerApplicationContext) context).getWebServer().getPort();
            long id = context.getBean(JobQueue.class).enqueue("quick").join();
            await(work.running);
            var stops = List.of(new Thread(worker::stop), new Thread(worker::stop));
            for (var stop : stops) {
                stop.start();
                Awaitility.await().until(() -> stop.getState() == Thread.State.WAITING);
            }
            assertThat(worker.isRunning()).isTrue();
            work.mayEnd.countDown();
            stops.forEach(LifecycleTest::join);
            assertThat(work.ended).containsKey(id);
            assertThat(database.jobs()).isEmpty();
        }
    }

    @Test
    void theWorkerStartsAfterTheWebServerAndStopsBeforeIt() {
        assertThat(WorkerLifecycle.PHASE)
                .isGreaterThan(org.springframework.boot.web.server.context.WebServerApplicationContext
                        .GRACEFUL_SHUTDOWN_PHASE)
                .isGreaterThan(org.springframework.boot.web.server.context.WebServerApplicationContext
                        .START_STOP_LIFECYCLE_PHASE);
    }

    @Test
    void theWorkerStartsBeforeTheRunnersOfTheApplication() {
        try (var context = start(new TestDatabase())) {
            assertThat(context.getBean(FirstRunner.class).sawTheWorkerRun).isTrue();
        }
    }

    @Test
    void withoutHandlersNoWorkerRuns() {
        inMemory().run(context -> {
            assertThat(context.getBean(WorkerLifecycle.class).worker()).isEmpty();
            assertThat(context.getBean(WorkerLifecycle.class).isRunning()).isFalse();
        });
        inMemory().withBean(Work.class).withPropertyValues("pgqueuer.worker.enabled=false").run(context ->
                assertThat(context.getBean(WorkerLifecycle.class).isRunning()).isFalse());
        inMemory()
                .withBean(WorkerCustomizer.class, () -> worker -> worker.entrypoint("e").handle(job -> {}))
                .run(context ->
                        assertThat(context.getBean(WorkerLifecycle.class).isRunning()).isTrue());
        inMemory()
                .withBean(WorkerCustomizer.class, () -> worker -> worker.defaults(all -> all.timeout(Duration.ofDays(1))))
                .run(context ->
                        assertThat(context.getBean(WorkerLifecycle.class).isRunning()).isFalse());
    }

    @Test
    void aShutdownTimeoutThatDoesNotFitIsLogged(CapturedOutput output) {
        inMemory().withPropertyValues("pgqueuer.worker.shutdown-timeout=29s").run(context -> {});
        assertThat(output).doesNotContain("does not fit");
        inMemory()
                .withPropertyValues(
                        "pgqueuer.worker.shutdown-timeout=30s", "spring.lifecycle.timeout-per-shutdown-phase=20s")
                .run(context -> {});
        assertThat(output).contains("pgqueuer.worker.shutdown-timeout (PT30S) does not fit").contains("(PT20S)");
    }

    private static ApplicationContextRunner inMemory() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(PgQueuerAutoConfiguration.class))
                .withBean(Backend.class, Backend::inMemory);
    }

    private static ConfigurableApplicationContext start(TestDatabase database, String... properties) {
        var application = new SpringApplication(Application.class);
        application.setWebApplicationType(WebApplicationType.SERVLET);
        application.setRegisterShutdownHook(false);
        var arguments = new java.util.ArrayList<String>();
        for (var property : List.of(database.properties())) {
            arguments.add("--" + property);
        }
        for (var property : properties) {
            arguments.add("--" + property);
        }
        arguments.add("--server.port=0");
        arguments.add("--spring.jpa.open-in-view=false");
        return application.run(arguments.toArray(String[]::new));
    }

    private static String get(int port) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ping")).build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    private static void await(CountDownLatch latch) {
        Awaitility.await().until(() -> latch.getCount() == 0);
    }

    private static void join(Thread thread) {
        try {
            thread.join(60_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        assertThat(thread.isAlive()).isFalse();
    }
}
