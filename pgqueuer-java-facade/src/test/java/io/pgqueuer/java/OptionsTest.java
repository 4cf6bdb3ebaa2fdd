package io.pgqueuer.java;

import static java.time.ZoneOffset.UTC;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class OptionsTest {
    @Test
    void anOptionOutOfItsBoundsIsRefusedWithItsValue() {
        assertRefused("batchSize must be >= 1", () -> RunOptions.builder().batchSize(0).build());
        assertRefused("was 0", () -> RunOptions.DEFAULT.with(options -> options.batchSize(0)));
        assertRefused("maxConcurrentTasks", () -> RunOptions.builder().maxConcurrentTasks(0).build());
        assertRefused("prefetch", () -> RunOptions.builder().prefetch(-1).build());
        assertRefused("dequeueTimeout", () -> RunOptions.builder().dequeueTimeout(Duration.ZERO).build());
        assertRefused("heartbeatTimeout", () -> RunOptions.builder().heartbeatTimeout(Duration.ZERO).build());
        assertRefused("maxRescues", () -> RunOptions.builder().maxRescues(0).build());
        assertRefused("shutdownTimeout", () -> RunOptions.builder().shutdownTimeout(Duration.ofMillis(-1)).build());
        assertRefused("vacuumEvery", () -> RunOptions.builder().vacuumEvery(999).build());
        assertRefused("logRetention", () -> RunOptions.builder().logRetention(Duration.ZERO).build());
        assertRefused(
                "logAggregationInterval",
                () -> RunOptions.builder().logAggregationInterval(Duration.ofMillis(1)).build());
    }

    @Test
    void aJobThatTheDatabaseWouldRefuseIsRefused() {
        assertRefused("entrypoint must not be blank", () -> NewJob.of(" "));
        assertRefused("delay", () -> NewJob.builder("a").delay(Duration.ofMillis(-1)).build());
        assertRefused("runAt", () -> NewJob.builder("a").runAt(Instant.EPOCH.minusSeconds(1)).build());
        assertRefused("set delay or runAt, not both", () -> NewJob.builder("a")
                .delay(Duration.ofSeconds(1))
                .runAt(Instant.EPOCH)
                .build());
        assertRefused("dedupeKey", () -> NewJob.builder("a").dedupeKey("").build());
        assertRefused("NUL", () -> NewJob.builder("a").header("name", "\0").build());
    }

    @Test
    void aJobIsChangedOnlyInACopy() {
        var payload = new byte[] {1};
        var job = NewJob.builder("a", payload)
                .priority(1)
                .delay(Duration.ofSeconds(2))
                .dedupeKey("k")
                .header("h", "1")
                .build();
        var copy = job.with(changes -> changes.priority(5).header("i", "2"));
        payload[0] = 9;
        job.payload().orElseThrow()[0] = 9;

        assertEquals(1, job.priority());
        assertEquals(Map.of("h", "1"), job.headers());
        assertEquals(5, copy.priority());
        assertEquals(Map.of("h", "1", "i", "2"), copy.headers());
        assertEquals(Duration.ofSeconds(2), copy.delay());
        assertEquals(Optional.of("k"), copy.dedupeKey());
        assertArrayEquals(new byte[] {1}, copy.payload().orElseThrow());
        var later = Instant.parse("2100-01-01T00:00:00Z");
        assertEquals(Optional.of(later), NewJob.builder("a").runAt(later).build().runAt());
        assertEquals(Optional.empty(), job.runAt());
        assertEquals(Optional.empty(), NewJob.of("a").payload());
        assertEquals(0, NewJob.of("a", new byte[0]).payload().orElseThrow().length);
        assertThrows(UnsupportedOperationException.class, () -> job.headers().clear());
    }

    @Test
    void aJobDoesNotChangeWithTheMapItWasMadeOf() {
        var headers = new HashMap<>(Map.of("a", "1"));
        var builder = NewJob.builder("fetch").headers(headers);
        headers.clear();

        assertEquals(Map.of("a", "1"), builder.build().headers());
    }

    @Test
    void optionsCannotBeSetOnceTheyAreInUse() throws Exception {
        var kept = new ArrayList<BackendOptions>();
        var watching = new ArrayList<WatcherOptions>();
        var pausing = new ArrayList<PauseOptions>();
        try (var backend = Backend.inMemory(kept::add)) {
            backend.completionWatcher(watching::add).close();

            assertThrows(IllegalStateException.class, () -> kept.get(0).maxPayloadBytes(1));
            assertThrows(IllegalStateException.class, () -> kept.get(0).prefix("a"));
            assertThrows(IllegalStateException.class, () -> watching.get(0).coalesce(Duration.ofSeconds(1)));
            Waiting.get(backend.queue().pauseQueue(pausing::add));
            assertThrows(IllegalStateException.class, () -> pausing.get(0).reason("late"));
            assertRefused("maxPayloadBytes", () -> Backend.inMemory(options -> options.maxPayloadBytes(-1)));
            assertRefused("coalesce", () -> backend.completionWatcher(options -> options.coalesce(Duration.ZERO)));
        }
    }

    @Test
    void onlyJobsOfThisLibraryAreAccepted() {
        var foreign = (NewJob) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {NewJob.class}, (proxy, method, arguments) -> null);
        try (var backend = Backend.inMemory()) {
            assertRefused("must be made by NewJob.of or NewJob.builder", () -> backend.queue().enqueue(foreign));
        }
    }

    @Test
    void aRegistrationIsCheckedAtOnce() {
        try (var backend = Backend.inMemory()) {
            var worker = backend.worker().entrypoint("a").handle(run -> {}).schedule("s", "@hourly").handle(run -> {});

            assertRefused("registered twice", () -> worker.entrypoint("a").handle(run -> {}));
            assertRefused("blank", () -> worker.entrypoint(" ").handle(run -> {}));
            assertRefused("concurrencyLimit", () -> worker.entrypoint("b").concurrencyLimit(0).handle(run -> {}));
            assertRefused("timeout", () -> worker.entrypoint("b").timeout(Duration.ZERO).handle(run -> {}));
            assertRefused("registered twice", () -> worker.schedule("s", "0 * * * *").zone(UTC).handle(r -> {}));
            assertRefused("", () -> worker.schedule("t", "61 * * * *").handle(run -> {}));
            // What was refused is not there.
            worker.entrypoint("b").handle(run -> {}).build();
        }
    }

    @Test
    void anExponentialPolicyIsCheckedAndTellsItsDelays() {
        assertRefused("maxAttempts", () -> RetryPolicy.exponential(0));
        assertRefused("factor", () -> RetryPolicy.exponentialBuilder(2).factor(0.5).build());
        var policy = RetryPolicy.exponentialBuilder(3).jitter(0).maxDelay(Duration.ofMillis(1500)).build();

        assertEquals(Optional.of(Duration.ofSeconds(1)), policy.delayAfter(new IOException(), 1));
        assertEquals(Optional.of(Duration.ofMillis(1500)), policy.delayAfter(new IOException(), 2));
        assertEquals(Optional.empty(), policy.delayAfter(new IOException(), 3));
        assertEquals(Optional.empty(), RetryPolicy.none().delayAfter(new IOException(), 1));
        var fixed = RetryPolicy.fixed(2, Duration.ofSeconds(30));
        assertEquals(Optional.of(Duration.ofSeconds(30)), fixed.delayAfter(new IOException(), 1));
        assertEquals(Optional.empty(), fixed.delayAfter(new IOException(), 2));
        assertRefused("delay must be >= 0", () -> RetryPolicy.fixed(2, Duration.ofSeconds(-1)));
        assertEquals(CoreSamples.standardDelays(), CoreSamples.delaysOf(RetryPolicy.standard()));
        assertEquals(CoreSamples.exponentialDelays(20), CoreSamples.delaysOf(RetryPolicy.exponential(20)));
    }

    @Test
    void aRetryIsAskedForWithADelayAReasonAndACause() {
        var cause = new IOException();
        var retry = new RetryRequested(Duration.ofSeconds(2), "later", cause);

        assertEquals(Duration.ofSeconds(2), retry.delay());
        assertEquals("later", retry.getMessage());
        assertSame(cause, retry.getCause());
        assertRefused("delay must be >= 0", () -> new RetryRequested(Duration.ofMillis(-1)));
    }

    @Test
    void settingsShowNoPasswordAndAreComparedByValue() {
        var settings = PostgresSettings.parse("postgresql://ann:secret@db.example.org:5433/app");

        assertTrue(settings.toString().contains("ann@db.example.org:5433/app"), settings.toString());
        assertFalse(settings.toString().contains("secret"));
        assertEquals(settings, PostgresSettings.parse("postgresql://ann:secret@db.example.org:5433/app"));
        assertEquals(settings.hashCode(), settings.withPrefix("").hashCode());
        assertNotEquals(settings, settings.withPassword("other"));
        assertNotEquals(settings, settings.withProperty("sslmode", "require"));
        assertRefused("poolMaxSize must be >= 1", () -> settings.withPoolMaxSize(0));
        assertRefused("connectTimeout", () -> settings.withConnectTimeout(Duration.ZERO));
        assertRefused("", () -> PostgresSettings.parse("mysql://localhost"));
        assertRefused("PGPORT", () -> PostgresSettings.fromEnvironment(Map.of("PGPORT", "x")));
        assertEquals(PostgresSettings.fromEnvironment(System.getenv()), PostgresSettings.fromEnvironment());
        assertEquals(
                settings,
                PostgresSettings.DEFAULT
                        .withHost("db.example.org", 5433)
                        .withDatabase("app")
                        .withUser("ann")
                        .withPassword("secret"));
        assertRefused("port", () -> settings.withHost("localhost", 0));
        assertEquals(
                settings.withListenerHost("db0", 5434).toString(),
                PostgresSettings.fromEnvironment(Map.of(
                        "PGQUEUER_DSN", "postgresql://ann:secret@db.example.org:5433/app",
                        "PGQUEUER_LISTENER_HOSTS", "db0:5434")).toString());
        assertNotEquals(settings, settings.withListenerHost("db0", 5434));
    }

    @Test
    void aFilterOfJobsHasWhatWasRequired() {
        var worker = new UUID(1, 2);
        var filter = JobFilter.ALL
                .withStatus(JobStatus.HELD)
                .withEntrypoint("send mail")
                .withPriority(3)
                .withWorkerId(worker)
                .withDedupeKey("k")
                .withMinAge(Duration.ofHours(1))
                .withFailure("IOException")
                .withHeader("tenant", "acme")
                .withPayloadText("part")
                .withPayloadValue("customer.id", "42");
        assertEquals(Optional.of(JobStatus.HELD), filter.status());
        assertEquals(Optional.of("send mail"), filter.entrypoint());
        assertEquals(OptionalInt.of(3), filter.priority());
        assertEquals(Optional.of(worker), filter.workerId());
        assertEquals(Optional.of("k"), filter.dedupeKey());
        assertEquals(Optional.of(Duration.ofHours(1)), filter.minAge());
        assertEquals(Optional.of("IOException"), filter.failure());
        assertEquals(Map.of("tenant", "acme"), filter.headers());
        assertEquals(Optional.of("part"), filter.payloadText());
        assertTrue(filter.readsPayloads());
        assertEquals(Map.of("customer.id", "42"), filter.payloadValues());
        assertEquals(filter, JobFilter.parse(filter.toString()));
        assertEquals(JobFilter.parse(""), JobFilter.ALL);
        assertEquals(OptionalInt.empty(), JobFilter.ALL.priority());
        assertEquals(Optional.empty(), JobFilter.ALL.minAge());
        assertRefused("was successful", () -> JobFilter.ALL.withStatus(JobStatus.SUCCESSFUL));
        assertRefused("minAge must be > 0", () -> JobFilter.ALL.withMinAge(Duration.ZERO));
        assertRefused("'colour' is no condition", () -> JobFilter.parse("colour:red"));
        assertThrows(UnsupportedOperationException.class, () -> filter.headers().put("a", "b"));
        assertThrows(UnsupportedOperationException.class, () -> filter.payloadValues().put("a", "b"));
    }

    @Test
    void aFilterOfTheLogHasWhatWasRequired() {
        var filter = LogFilter.ALL
                .withEntrypoint("e")
                .withStatuses(List.of(JobStatus.HELD, JobStatus.EXCEPTION))
                .withPriority(3)
                .withFailure("IOException");
        assertEquals(OptionalInt.of(3), filter.priority());
        assertEquals(Optional.of("IOException"), filter.failure());
        assertEquals(filter, LogFilter.parse(filter.toString()));
        assertEquals(OptionalInt.empty(), LogFilter.ALL.priority());
        assertRefused("'age' is no condition", () -> LogFilter.parse("age:1h"));
        assertEquals(Optional.of("e"), filter.entrypoint());
        assertEquals(Set.of(JobStatus.HELD, JobStatus.EXCEPTION), filter.statuses());
        assertEquals(Optional.empty(), LogFilter.ALL.entrypoint());
        assertEquals(Set.of(), LogFilter.ALL.statuses());
        assertThrows(UnsupportedOperationException.class, () -> filter.statuses().clear());
    }

    @Test
    void aStatusTellsWhetherAJobHasEnded() {
        assertEquals(
                List.of(JobStatus.SUCCESSFUL, JobStatus.EXCEPTION, JobStatus.CANCELED, JobStatus.DELETED),
                List.of(JobStatus.values()).stream().filter(JobStatus::isTerminal).toList());
    }

    private static void assertRefused(String part, Executable refused) {
        var message = String.valueOf(assertThrows(IllegalArgumentException.class, refused).getMessage());
        assertTrue(message.contains(part), message);
    }
}
