package io.pgqueuer.java;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pgqueuer.java.internal.ValuesKt;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgqueuer.BackendExtension;
import io.pgqueuer.test.NoDatabase;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A null where none is allowed is refused at once, by the name of the parameter that Java's users see. */
class NullsTest {
    private static final JobType<String> MAIL = JobType.of("mail", PayloadCodec.utf8());

    /** An argument for each type of parameter; an unbounded type variable erases to Object. */
    private static final Map<Class<?>, Object> SAMPLES = Map.ofEntries(
            Map.entry(String.class, "a"),
            Map.entry(Object.class, "a"),
            Map.entry(byte[].class, new byte[0]),
            Map.entry(Duration.class, Duration.ofSeconds(5)),
            Map.entry(Instant.class, Instant.EPOCH),
            Map.entry(ZoneId.class, ZoneOffset.UTC),
            Map.entry(Clock.class, Clock.systemUTC()),
            Map.entry(Map.class, Map.of()),
            Map.entry(List.class, List.of()),
            Map.entry(Collection.class, List.of()),
            Map.entry(Consumer.class, (Consumer<Object>) value -> {}),
            Map.entry(Predicate.class, (Predicate<Object>) value -> true),
            Map.entry(Executor.class, (Executor) Runnable::run),
            Map.entry(Throwable.class, new IllegalStateException()),
            Map.entry(Connection.class, NoDatabase.connection()),
            Map.entry(DataSource.class, NoDatabase.dataSource()),
            Map.entry(Class.class, String.class),
            Map.entry(ObjectMapper.class, new ObjectMapper()),
            Map.entry(
                    com.fasterxml.jackson.core.type.TypeReference.class,
                    new com.fasterxml.jackson.core.type.TypeReference<String>() {}),
            Map.entry(tools.jackson.databind.ObjectMapper.class, new tools.jackson.databind.ObjectMapper()),
            Map.entry(
                    tools.jackson.core.type.TypeReference.class,
                    new tools.jackson.core.type.TypeReference<String>() {}),
            Map.entry(NewJob.class, NewJob.of("a")),
            Map.entry(JobType.class, MAIL),
            Map.entry(OnConflict.class, OnConflict.SKIP),
            Map.entry(OnFailure.class, OnFailure.HOLD),
            Map.entry(RunMode.class, RunMode.DRAIN),
            Map.entry(PythonIndexes.class, PythonIndexes.ADD),
            Map.entry(SchemaMode.class, SchemaMode.NONE),
            Map.entry(Durability.class, Durability.DURABLE),
            Map.entry(JobStatus.class, JobStatus.HELD),
            Map.entry(UUID.class, new UUID(1, 2)),
            Map.entry(JobFilter.class, JobFilter.ALL),
            Map.entry(LogFilter.class, LogFilter.ALL),
            Map.entry(LogLevel.class, LogLevel.values()[0]),
            Map.entry(QueueProperties.class, QueueProperties.DEFAULT),
            Map.entry(RunOptions.class, RunOptions.DEFAULT),
            Map.entry(PostgresSettings.class, PostgresSettings.DEFAULT),
            Map.entry(RetryPolicy.class, RetryPolicy.none()),
            Map.entry(PayloadCodec.class, PayloadCodec.utf8()),
            Map.entry(JobInterceptor.class, (JobInterceptor) (context, next) -> next.proceed()),
            Map.entry(EnqueueInterceptor.class, (EnqueueInterceptor) job -> job),
            Map.entry(BackendExtension.class, new BackendExtension() {}),
            Map.entry(WorkerObserver.class, (WorkerObserver) event -> {}));

    /** What users implement: they check their own arguments. */
    private static final Set<Class<?>> OF_USERS = Set.of(
            JobHandler.class,
            AsyncJobHandler.class,
            TypedJobHandler.class,
            AsyncTypedJobHandler.class,
            ScheduleHandler.class,
            AsyncScheduleHandler.class,
            JobInterceptor.class,
            EnqueueInterceptor.class,
            WorkerObserver.class);

    private final Set<String> wrong = new TreeSet<>();
    private final Set<Class<?>> seen = new java.util.HashSet<>();

    @Test
    void everyMethodRefusesNullByTheNameOfItsParameter() throws Exception {
        var statics = List.of(
                Backend.class, NewJob.class, JobFilter.class, JobType.class, PayloadCodec.class, PostgresSettings.class,
                RetryPolicy.class, RunOptions.class, JacksonCodec.class, Jackson3Codec.class, ExceptionDetails.class);
        for (var type : statics) {
            for (var method : type.getMethods()) {
                if (Modifier.isStatic(method.getModifiers())) {
                    check(type, null, method);
                }
            }
        }
        for (var constructor : RetryRequested.class.getConstructors()) {
            check(RetryRequested.class, null, constructor);
        }
        var context = new CompletableFuture<JobContext>();
        try (var backend = Backend.inMemory(options -> checkAll(BackendOptions.class, options));
                var watcher = backend.completionWatcher(options -> checkAll(WatcherOptions.class, options));
                var deliveries = backend.queue().consume("orders")) {
            var worker = backend.worker()
                    .entrypoint("a").handle(job -> {
                        checkAll(JobContext.class, job);
                        context.complete(job);
                    })
                    .build();
            Waiting.get(backend.queue().pause("other", options -> checkAll(PauseOptions.class, options)));
            Waiting.get(backend.queue().enqueue("a"));
            Waiting.get(Waiting.drain(worker));
            Waiting.get(context);
            Waiting.get(backend.queue().enqueue("orders"));
            checkAll(Delivery.class, Waiting.get(deliveries.next()).orElseThrow());
            checkAll(Backend.class, backend);
            checkAll(JobQueue.class, backend.queue());
            checkAll(Insights.class, backend.insights());
            checkAll(Schedules.class, backend.schedules());
            checkAll(Schedule.class, ValuesKt.toJava(CoreSamples.schedule));
            checkAll(SchemaManager.class, backend.schema());
            checkAll(CompletionWatcher.class, watcher);
            checkAll(Worker.class, worker);
            checkAll(WorkerBuilder.class, backend.worker());
            backend.worker().defaults(all -> checkAll(EntrypointDefaults.class, all));
            checkAll(EntrypointBuilder.class, backend.worker().entrypoint("b"));
            checkAll(ScheduleBuilder.class, backend.worker().schedule("nightly", "@daily"));
            checkAll(JobType.class, MAIL);
            checkAll(NewJob.class, NewJob.of("a"));
            checkAll(NewJob.Builder.class, NewJob.builder("a"));
            checkAll(RunOptions.class, RunOptions.DEFAULT);
            checkAll(RunOptions.Builder.class, RunOptions.builder());
            checkAll(QueueProperties.class, QueueProperties.DEFAULT);
            checkAll(JobFilter.class, JobFilter.ALL);
            checkAll(LogFilter.class, LogFilter.ALL);
            checkAll(PostgresSettings.class, PostgresSettings.DEFAULT);
            checkAll(PayloadCodec.class, PayloadCodec.utf8());
            checkAll(PayloadCodec.class, JacksonCodec.of(String.class));
            checkAll(PayloadCodec.class, Jackson3Codec.of(String.class));
            checkAll(RetryPolicy.class, RetryPolicy.exponential(2));
            checkAll(RetryPolicy.ExponentialBuilder.class, RetryPolicy.exponentialBuilder(2));
        }
        assertEquals(Set.of(), wrong);
        assertEquals(Set.of(), notSeen());
    }

    /** The public types with a method that takes an object, and that no check above has gone through. */
    private Set<String> notSeen() throws Exception {
        var missing = new TreeSet<String>();
        for (var type : PublicApiTest.publicTypes()) {
            var takesObjects = Arrays.stream(type.getDeclaredMethods())
                    .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
                    .filter(method -> !method.getName().equals("equals") && !type.isEnum())
                    .flatMap(method -> Arrays.stream(method.getParameterTypes()))
                    .anyMatch(parameter -> !parameter.isPrimitive());
            if (takesObjects && !seen.contains(type) && !OF_USERS.contains(type)) {
                missing.add(type.getName());
            }
        }
        return missing;
    }

    private void checkAll(Class<?> type, Object instance) {
        for (var method : type.getMethods()) {
            if (!Modifier.isStatic(method.getModifiers()) && method.getDeclaringClass() != Object.class) {
                check(type, instance, method);
            }
        }
    }

    private void check(Class<?> type, Object instance, Executable called) {
        seen.add(type);
        var parameters = called.getParameters();
        for (int index = 0; index < parameters.length; index++) {
            var parameter = parameters[index];
            if (parameter.getType().isPrimitive()
                    || parameter.getAnnotatedType().isAnnotationPresent(Nullable.class)
                    || called.getName().equals("equals")) {
                continue;
            }
            assertTrue(parameter.isNamePresent(), "the compiler left out the names of parameters");
            var arguments = new ArrayList<Object>();
            for (var each : parameters) {
                arguments.add(each == parameter ? null : sampleOf(each.getType()));
            }
            var message = messageOf(instance, called, arguments.toArray());
            if (!message.matches(parameter.getName() + "( .*)?")) {
                var name = type.getSimpleName() + "." + called.getName();
                wrong.add(name + ": " + parameter.getName() + " -> " + message);
            }
        }
    }

    private static Object sampleOf(Class<?> type) {
        if (type == boolean.class) {
            return true;
        }
        if (type == double.class) {
            return 1.0;
        }
        if (type.isPrimitive()) {
            return type == long.class ? (Object) 1L : (Object) 1;
        }
        var sample = SAMPLES.get(type);
        if (sample == null) {
            throw new AssertionError("add a sample of " + type);
        }
        return sample;
    }

    private static String messageOf(Object instance, Executable called, Object[] arguments) {
        try {
            if (called instanceof Method method) {
                method.setAccessible(true);
                method.invoke(instance, arguments);
            } else {
                ((java.lang.reflect.Constructor<?>) called).newInstance(arguments);
            }
            return "no exception";
        } catch (InvocationTargetException e) {
            var failure = e.getCause();
            return failure instanceof NullPointerException ? String.valueOf(failure.getMessage()) : failure.toString();
        } catch (ReflectiveOperationException e) {
            return e.toString();
        }
    }
}
