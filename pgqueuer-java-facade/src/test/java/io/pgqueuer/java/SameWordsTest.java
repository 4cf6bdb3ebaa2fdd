package io.pgqueuer.java;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Java has what Kotlin has, under the same names. A member that core gains fails these tests until Java has it, too.
 */
class SameWordsTest {
    /** Options that are there under another name, as their type is Kotlin's. */
    private static final Map<String, String> RENAMED = Map.of("handlerContext", "asyncHandlerExecutor");

    /** Methods of core's interfaces that Java does without. */
    private static final Set<String> NOT_IN_JAVA = Set.of(
            // The word is start, as it returns at once.
            "Worker.run",
            // For adapters and test tools.
            "Backend.capability",
            "InMemoryBackend.capability",
            "Backend.snapshotReader",
            "InMemoryBackend.snapshotReader",
            "InMemoryBackend.store",
            "JobQueue.enqueueBy",
            "JobContext.completeBy",
            // Handlers and callers have the backend, its options and their own objects at hand.
            "Backend.options",
            "InMemoryBackend.options",
            "JobQueue.backend",
            "Worker.backend",
            "JobContext.backend",
            "JobContext.resources",
            "ScheduleContext.backend",
            "ScheduleContext.resources",
            // The lambdas of handlers have what they need; handle blocks, and handleAsync does not.
            "WorkerBuilder.resources",
            "WorkerBuilder.blockingEntrypoint",
            "WorkerBuilder.blockingSchedule",
            // Its parts are there: job().id(), job().workerId() and leaseEpoch().
            "JobContext.lease");

    /** Methods of Java's that Kotlin does without, as a member of the same class. */
    private static final Set<String> NOT_IN_KOTLIN = Set.of(
            // Builders end by a call, and handlers come last; in Kotlin, both are in braces.
            "Builder.build",
            "WorkerBuilder.build",
            "EntrypointBuilder.handle",
            "EntrypointBuilder.handleAsync",
            "ScheduleBuilder.handle",
            "ScheduleBuilder.handleAsync",
            // In Kotlin, null.
            "Builder.noLogAggregation",
            "Builder.noVacuum",
            "EntrypointBuilder.noConcurrencyLimit",
            "EntrypointBuilder.noTimeout",
            // In Kotlin, parameters of postgresBackend.
            "BackendOptions.prefix",
            "BackendOptions.schema",
            // The word is start, as it returns at once; closing ends what it started.
            "Worker.start",
            "Worker.close",
            // In Kotlin, one function: with { durability = … }.
            "QueueProperties.withDurability",
            "QueueProperties.withLogLevel",
            "QueueProperties.withNotifications",
            // In Kotlin, copy(entrypoint = …).
            "JobFilter.withStatus",
            "JobFilter.withEntrypoint",
            "JobFilter.withPriority",
            "JobFilter.withWorkerId",
            "JobFilter.withDedupeKey",
            "JobFilter.withMinAge",
            "JobFilter.withFailure",
            "JobFilter.withHeader",
            "JobFilter.withPayloadText",
            "JobFilter.withPayloadValue",
            "LogFilter.withEntrypoint",
            "LogFilter.withStatuses",
            "LogFilter.withPriority",
            "LogFilter.withFailure",
            // In Kotlin, functions of the adapter for PostgreSQL.
            "JobQueue.inOwnTransaction",
            "JobContext.completeIn",
            "JobContext.lockIn",
            // In Kotlin, properties of the job, which may be null.
            "JobContext.payload",
            "JobContext.payloadText");

    private static final List<Pair> OPTIONS = List.of(
            new Pair(io.pgqueuer.RunOptions.class, RunOptions.Builder.class),
            new Pair(io.pgqueuer.NewJob.class, NewJob.Builder.class),
            new Pair(io.pgqueuer.EntrypointOptions.class, EntrypointBuilder.class),
            new Pair(io.pgqueuer.EntrypointOptions.class, EntrypointDefaults.class),
            new Pair(io.pgqueuer.ScheduleOptions.class, ScheduleBuilder.class),
            new Pair(io.pgqueuer.WatcherOptions.class, WatcherOptions.class),
            new Pair(io.pgqueuer.BackendOptions.class, BackendOptions.class));

    private static final List<Pair> VALUES = List.of(
            new Pair(io.pgqueuer.StoredJob.class, StoredJob.class),
            new Pair(io.pgqueuer.HeldJob.class, HeldJob.class),
            new Pair(io.pgqueuer.FailureRecord.class, FailureRecord.class),
            new Pair(io.pgqueuer.LogEntry.class, LogEntry.class),
            new Pair(io.pgqueuer.Schedule.class, Schedule.class),
            new Pair(io.pgqueuer.QueueSize.class, QueueSize.class),
            new Pair(io.pgqueuer.Throughput.class, Throughput.class),
            new Pair(io.pgqueuer.ThroughputStep.class, ThroughputStep.class),
            new Pair(io.pgqueuer.Backlog.class, Backlog.class),
            new Pair(io.pgqueuer.Pause.class, Pause.class),
            new Pair(io.pgqueuer.PauseOptions.class, PauseOptions.class),
            new Pair(io.pgqueuer.JobFilter.class, JobFilter.class),
            new Pair(io.pgqueuer.LogFilter.class, LogFilter.class),
            new Pair(io.pgqueuer.RunTimes.class, RunTimes.class),
            new Pair(io.pgqueuer.Percentiles.class, Percentiles.class),
            new Pair(io.pgqueuer.OldestTransaction.class, OldestTransaction.class),
            new Pair(io.pgqueuer.ActiveWorker.class, ActiveWorker.class),
            new Pair(io.pgqueuer.TableSize.class, TableSize.class),
            new Pair(io.pgqueuer.UpgradeStep.class, UpgradeStep.class),
            new Pair(io.pgqueuer.SchemaDifference.class, SchemaDifference.class),
            new Pair(io.pgqueuer.RunReport.class, RunReport.class),
            new Pair(io.pgqueuer.QueueProperties.class, QueueProperties.class),
            new Pair(io.pgqueuer.RunOptions.class, RunOptions.class),
            new Pair(io.pgqueuer.NewJob.class, NewJob.class),
            new Pair(io.pgqueuer.JobType.class, JobType.class),
            new Pair(io.pgqueuer.WorkerEvent.WorkerStarted.class, WorkerEvent.WorkerStarted.class),
            new Pair(io.pgqueuer.WorkerEvent.JobsClaimed.class, WorkerEvent.JobsClaimed.class),
            new Pair(io.pgqueuer.WorkerEvent.JobHeldByClaim.class, WorkerEvent.JobHeldByClaim.class),
            new Pair(io.pgqueuer.WorkerEvent.JobStarted.class, WorkerEvent.JobStarted.class),
            new Pair(io.pgqueuer.WorkerEvent.JobEnded.class, WorkerEvent.JobEnded.class),
            new Pair(io.pgqueuer.WorkerEvent.ScheduleStarted.class, WorkerEvent.ScheduleStarted.class),
            new Pair(io.pgqueuer.WorkerEvent.ScheduleEnded.class, WorkerEvent.ScheduleEnded.class),
            new Pair(io.pgqueuer.WorkerEvent.RunFailed.class, WorkerEvent.RunFailed.class),
            new Pair(io.pgqueuer.WorkerEvent.StoreFailed.class, WorkerEvent.StoreFailed.class),
            new Pair(io.pgqueuer.WorkerEvent.ListenerLost.class, WorkerEvent.ListenerLost.class),
            new Pair(io.pgqueuer.WorkerEvent.EventsDropped.class, WorkerEvent.EventsDropped.class),
            new Pair(io.pgqueuer.JobOutcome.Retried.class, JobOutcome.Retried.class),
            new Pair(io.pgqueuer.JobOutcome.Failed.class, JobOutcome.Failed.class),
            new Pair(io.pgqueuer.JobOutcome.Held.class, JobOutcome.Held.class),
            new Pair(io.pgqueuer.ScheduleOutcome.Failed.class, ScheduleOutcome.Failed.class));

    private static final List<Pair> INTERFACES = List.of(
            new Pair(io.pgqueuer.Backend.class, Backend.class),
            new Pair(io.pgqueuer.JobQueue.class, JobQueue.class),
            new Pair(io.pgqueuer.Worker.class, Worker.class),
            new Pair(io.pgqueuer.CompletionWatcher.class, CompletionWatcher.class),
            new Pair(io.pgqueuer.Insights.class, Insights.class),
            new Pair(io.pgqueuer.Schedules.class, Schedules.class),
            new Pair(io.pgqueuer.SchemaManager.class, SchemaManager.class),
            new Pair(io.pgqueuer.JobContext.class, JobContext.class),
            new Pair(io.pgqueuer.JobInterceptor.class, JobInterceptor.class),
            new Pair(io.pgqueuer.Delivery.class, Delivery.class),
            new Pair(io.pgqueuer.WorkerBuilder.class, WorkerBuilder.class),
            new Pair(io.pgqueuer.memory.InMemoryBackend.class, InMemoryBackend.class),
            new Pair(io.pgqueuer.ScheduleContext.class, ScheduleContext.class));

    @Test
    void everyOptionOfCoreCanBeSetInJava() {
        var missing = new TreeSet<String>();
        for (var pair : OPTIONS) {
            var options = settersOf(pair.core());
            assertTrue(options.size() > 0, pair.core().getName());
            missing.addAll(pair.lacking(options));
        }
        assertEquals(Set.of(), missing);
        assertEquals(17, settersOf(io.pgqueuer.RunOptions.class).size());
    }

    @Test
    void everySampleOptionDiffersFromItsDefault() throws Exception {
        // Otherwise ValuesTest would not see that Java sets it.
        for (var getter : gettersOf(io.pgqueuer.RunOptions.class)) {
            var before = getter.invoke(io.pgqueuer.RunOptions.Companion.getDEFAULT());
            // Each may be null.
            var samples = Arrays.asList(
                    getter.invoke(CoreSamples.options), getter.invoke(CoreSamples.optionsOfAListener));
            assertNotEquals(Arrays.asList(before, before), samples, getter::getName);
        }
    }

    @Test
    void everyPropertyOfCoresValuesCanBeReadInJava() {
        var missing = new TreeSet<String>();
        for (var pair : VALUES) {
            missing.addAll(pair.lacking(gettersOf(pair.core()).stream().map(SameWordsTest::property).toList()));
        }
        assertEquals(Set.of(), missing);
    }

    @Test
    void everyMethodOfCoresInterfacesIsInJava() {
        var missing = new TreeSet<String>();
        for (var pair : INTERFACES) {
            var names = methodsOf(pair.core()).map(SameWordsTest::property).collect(Collectors.toSet());
            missing.addAll(pair.lacking(names));
        }
        assertEquals(new TreeSet<>(NOT_IN_JAVA), missing);
    }

    @Test
    void everyMethodOfJavaIsInKotlin() {
        var missing = new TreeSet<String>();
        Stream.of(OPTIONS, VALUES, INTERFACES).flatMap(Collection::stream).map(Pair::unknownToCore)
                .forEach(missing::addAll);
        assertEquals(new TreeSet<>(NOT_IN_KOTLIN), missing);
    }

    @Test
    void eventsAndOutcomesAreOfTheSameKinds() {
        assertEquals(kindsOf(io.pgqueuer.WorkerEvent.class), kindsOf(WorkerEvent.class));
        assertEquals(kindsOf(io.pgqueuer.JobOutcome.class), kindsOf(JobOutcome.class));
        assertEquals(kindsOf(io.pgqueuer.ScheduleOutcome.class), kindsOf(ScheduleOutcome.class));
    }

    private static Set<String> kindsOf(Class<?> type) {
        return Arrays.stream(type.getDeclaredClasses())
                .filter(type::isAssignableFrom)
                .map(Class::getSimpleName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void enumsHaveTheConstantsOfCore() {
        assertEquals(names(io.pgqueuer.JobStatus.values()), names(JobStatus.values()));
        assertEquals(names(io.pgqueuer.Durability.values()), names(Durability.values()));
        assertEquals(names(io.pgqueuer.LogLevel.values()), names(LogLevel.values()));
        assertEquals(names(io.pgqueuer.OnFailure.values()), names(OnFailure.values()));
        assertEquals(names(io.pgqueuer.OnConflict.values()), names(OnConflict.values()));
        assertEquals(names(io.pgqueuer.RunMode.values()), names(RunMode.values()));
        assertEquals(names(io.pgqueuer.Severity.values()), names(Severity.values()));
        assertEquals(names(io.pgqueuer.StoreOperation.values()), names(StoreOperation.values()));
        assertEquals(names(io.pgqueuer.PythonIndexes.values()), names(PythonIndexes.values()));
        assertEquals(names(io.pgqueuer.SchemaMode.values()), names(SchemaMode.values()));
        assertEquals(names(io.pgqueuer.DifferenceType.values()), names(DifferenceType.values()));
        assertEquals(names(io.pgqueuer.TableLock.values()), names(TableLock.values()));
        for (var lock : TableLock.values()) {
            var core = io.pgqueuer.TableLock.valueOf(lock.name());
            assertEquals(core.getBlocksReads(), lock.blocksReads(), lock::name);
            assertEquals(core.getBlocksWrites(), lock.blocksWrites(), lock::name);
        }
    }

    @Test
    void noTypeThatUsersConstructHasAPublicConstructor() {
        var offenders = new ArrayList<String>();
        var types = Stream.of(OPTIONS, VALUES, INTERFACES).flatMap(Collection::stream).map(Pair::java).distinct();
        types.forEach(type -> {
            if (type.isRecord() || type.getConstructors().length > 0) {
                offenders.add(type.getName());
            }
        });
        assertEquals(List.of(), offenders);
    }

    /** A type of core's, and Java's. */
    private record Pair(Class<?> core, Class<?> java) {
        /** Those of {@code names} that Java lacks. */
        List<String> lacking(Collection<String> names) {
            var there = Arrays.stream(java.getMethods()).map(Method::getName).collect(Collectors.toSet());
            return names.stream()
                    .filter(name -> !there.contains(RENAMED.getOrDefault(name, name)))
                    .map(name -> java.getSimpleName() + "." + name)
                    .toList();
        }

        /** Java's methods that core lacks. */
        List<String> unknownToCore() {
            var known = methodsOf(core)
                    .map(SameWordsTest::property)
                    .map(name -> RENAMED.getOrDefault(name, name))
                    .collect(Collectors.toSet());
            return Arrays.stream(java.getMethods())
                    .filter(method -> !Modifier.isStatic(method.getModifiers()))
                    .filter(method -> method.getDeclaringClass() != Object.class)
                    .map(Method::getName)
                    .filter(name -> !known.contains(name) && !OF_EVERY_OBJECT.contains(name))
                    .map(name -> java.getSimpleName() + "." + name)
                    .distinct()
                    .toList();
        }
    }

    private static final Set<String> OF_EVERY_OBJECT = Set.of("equals", "hashCode", "toString");

    private static Set<String> settersOf(Class<?> core) {
        return methodsOf(core)
                .filter(method -> method.getName().matches("set[A-Z].*|intercept.*|observe"))
                .map(SameWordsTest::property)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<Method> gettersOf(Class<?> core) {
        return methodsOf(core)
                .filter(method -> method.getParameterCount() == 0 && method.getName().matches("get[A-Z].*"))
                .toList();
    }

    /**
     * The public methods of core's, without those of Object and internal ones, which have a {@code $} in their names.
     */
    private static Stream<Method> methodsOf(Class<?> core) {
        return Arrays.stream(core.getMethods())
                .filter(method -> method.getDeclaringClass() != Object.class && !method.isSynthetic())
                .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.getName().contains("$"));
    }

    private static final Pattern ACCESSOR = Pattern.compile("(get|set)([A-Z])(.*)");

    /** The name in Kotlin: without the prefix of an accessor, and without the suffix that value classes bring. */
    private static String property(Method method) {
        var name = method.getName().replaceAll("-.*", "");
        var accessor = ACCESSOR.matcher(name);
        return accessor.matches() ? accessor.group(2).toLowerCase() + accessor.group(3) : name;
    }

    private static String names(Enum<?>[] constants) {
        return Arrays.stream(constants).map(Enum::name).toList().toString();
    }
}
