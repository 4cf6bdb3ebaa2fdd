package io.pgqueuer.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.JobContext;
import io.pgqueuer.java.JobQueue;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.aot.test.generate.TestGenerationContext;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;
import org.springframework.core.test.tools.TestCompiler;

/** Handlers after the processing for native images, and what these are told about them. */
class AotTest {
    private static final List<String> HANDLED = new CopyOnWriteArrayList<>();

    record Line(String product) {}

    record Order(List<Line> lines) {}

    static class Orders {
        @JobHandler("order")
        void handle(Order order, JobContext context) {
            HANDLED.add(order.lines().get(0).product());
        }

        @JobSchedule(name = "nightly", cron = "@daily")
        void nightly() {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Application {
        @Bean
        Orders orders() {
            return new Orders();
        }

        @Bean
        Backend backend() {
            return Backend.inMemory();
        }
    }

    @Test
    @CompileWithForkedClassLoader
    @SuppressWarnings("unchecked") // The initializer is for any context.
    void handlersCanBeCalledAndPayloadsDecoded() throws Exception {
        var context = new AnnotationConfigApplicationContext();
        context.register(Application.class, PgQueuerAutoConfiguration.class);
        var generated = new TestGenerationContext();
        var initializer = new ApplicationContextAotGenerator().processAheadOfTime(context, generated);
        generated.writeGeneratedContent();
        var hints = generated.getRuntimeHints();

        assertThat(RuntimeHintsPredicates.reflection()
                        .onMethodInvocation(Orders.class.getDeclaredMethod("handle", Order.class, JobContext.class)))
                .accepts(hints);
        assertThat(RuntimeHintsPredicates.reflection()
                        .onMethodInvocation(Orders.class.getDeclaredMethod("nightly")))
                .accepts(hints);
        for (var type : List.of(Order.class, Line.class)) {
            assertThat(RuntimeHintsPredicates.reflection()
                            .onType(type)
                            .withMemberCategory(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS))
                    .accepts(hints);
        }
        assertThat(RuntimeHintsPredicates.reflection().onType(JobContext.class)).rejects(hints);
        HANDLED.clear();
        TestCompiler.forSystem().with(generated).compile(compiled -> {
            try (var prepared = new GenericApplicationContext()) {
                compiled.getInstance(ApplicationContextInitializer.class, initializer.toString())
                        .initialize(prepared);
                prepared.refresh();
                prepared.getBean(JobQueue.class).enqueue("order", "{\"lines\": [{\"product\": \"tea\"}]}").join();
                Awaitility.await().untilAsserted(() -> assertThat(HANDLED).containsExactly("tea"));
            }
        });
    }
}
