package io.pgqueuer.java;

import static io.pgqueuer.java.TestPostgres.begin;
import static io.pgqueuer.java.TestPostgres.count;
import static io.pgqueuer.java.TestPostgres.execute;
import static io.pgqueuer.java.Waiting.drain;
import static io.pgqueuer.java.Waiting.eventually;
import static io.pgqueuer.java.Waiting.failureOf;
import static io.pgqueuer.java.Waiting.get;
import static io.pgqueuer.java.Waiting.reached;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pgqueuer.DuplicateJobException;
import io.pgqueuer.LeaseLostException;
import io.pgqueuer.SchemaException;
import io.pgqueuer.StoreUnavailableException;
import io.pgqueuer.test.PostgresDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class PostgresBackendTest extends BackendContract {
    private static final JobType<String> GREET = JobType.of("greet", PayloadCodec.utf8());

    private PostgresDatabase database;

    @Override
    Backend open(Consumer<BackendOptions> options) throws Exception {
        database = TestPostgres.newDatabase();
        var opened = Backend.postgres(PostgresSettings.parse(database.getDsn()), options);
        get(opened.schema().install());
        return opened;
    }

    @Test
    void jobsOfATransactionAreThereWhenItCommits() throws Exception {
        try (var connection = begin(database)) {
            long one = backend.queue().enqueue(connection, NewJob.of("fetch"));
            long typed = backend.queue().enqueue(connection, GREET, "Ann");
            var more = backend.queue().enqueueAll(connection, List.of(NewJob.of("a"), NewJob.of("b")));
            assertEquals(0, total());
            connection.commit();

            assertEquals(4, total());
            assertTrue(one < typed && typed < more.get(0) && more.get(0) < more.get(1));
        }
    }

    @Test
    void aJobThatKillsItsWorkersIsHeldByAClaimAndAnObserverSeesIt() throws Exception {
        long id = get(backend.queue().enqueue("fetch"));
        try (var connection = begin(database)) {
            execute(
                    connection,
                    "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(), "
                            + "heartbeat = now() - interval '1 hour', updated = now() - interval '1 hour'");
            connection.commit();
        }
        var held = new CopyOnWriteArrayList<WorkerEvent.JobHeldByClaim>();
        var worker = backend.worker()
                .observe(event -> {
                    if (event instanceof WorkerEvent.JobHeldByClaim it) {
                        held.add(it);
                    }
                })
                .entrypoint("fetch").handle(job -> {})
                .build();

        get(worker.start(options ->
                options.mode(RunMode.DRAIN).maxRescues(1).heartbeatTimeout(Duration.ofMillis(100))));

        eventually(() -> held.size() == 1);
        assertEquals(id, held.get(0).jobId());
        assertEquals("fetch", held.get(0).entrypoint());
    }

    @Test
    void jobsOfATransactionNeverWereWhenItRollsBack() throws Exception {
        try (var connection = begin(database)) {
            backend.queue().enqueue(connection, NewJob.of("fetch"));
            connection.rollback();
        }
        assertEquals(0, total());
        assertEquals(0, count(database, "pgqueuer_log"));
    }

    @Test
    void aDuplicateInATransactionIsThrownItselfAndTheTransactionGoesOn() throws Exception {
        var taken = NewJob.builder("fetch").dedupeKey("taken").build();
        get(backend.queue().enqueue(taken));
        try (var connection = begin(database)) {
            var queue = backend.queue();
            var failure = assertThrows(DuplicateJobException.class, () -> queue.enqueue(connection, taken));
            assertEquals(List.of("taken"), failure.getKeys());
            assertEquals(OptionalLong.empty(), queue.enqueue(connection, taken, OnConflict.SKIP));
            var ids = queue.enqueueAll(connection, List.of(NewJob.of("other"), taken), OnConflict.SKIP);
            assertTrue(ids.get(0).isPresent() && ids.get(1).isEmpty());
            connection.commit();
        }
        assertEquals(2, total());
    }

    @Test
    void aConnectionInAutocommitModeIsRefused() throws Exception {
        try (var connection = DriverManager.getConnection(database.getJdbcUrl())) {
            assertThrows(
                    IllegalArgumentException.class, () -> backend.queue().enqueue(connection, NewJob.of("fetch")));
        }
        assertEquals(0, total());
    }

    @Test
    void aHandlersWritesAndTheEndOfItsJobCommitTogetherOrNotAtAll() throws Exception {
        try (var connection = begin(database)) {
            execute(connection, "CREATE TABLE receipt (job_id bigint)");
            connection.commit();
        }
        var worker = backend.worker().entrypoint("receipt").handle(run -> {
            try (var connection = begin(database)) {
                execute(connection, "INSERT INTO receipt VALUES (" + run.job().id() + ")");
                run.completeIn(connection);
                if (run.attempt() == 1) {
                    connection.rollback();
                    throw new RetryRequested(Duration.ZERO, "crashed before the commit");
                }
                connection.commit();
            }
        }).build();
        long id = get(backend.queue().enqueue("receipt"));

        var report = get(drain(worker));

        assertEquals(1, report.retried());
        assertEquals(1, report.succeeded());
        assertEquals(1, count(database, "receipt"));
        assertEquals(JobStatus.SUCCESSFUL, get(watcher.awaitCompletion(id)));
    }

    @Test
    void aJobIsCompletedUnderRepeatableReadOnceItsRowIsLocked() throws Exception {
        var worker = backend.worker().entrypoint("receipt").handle(run -> {
            try (var connection = begin(database)) {
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                run.lockIn(connection);
                run.completeIn(connection);
                connection.commit();
            }
        }).build();
        long id = get(backend.queue().enqueue("receipt"));

        assertEquals(1, get(drain(worker)).succeeded());
        assertEquals(JobStatus.SUCCESSFUL, get(watcher.awaitCompletion(id)));
    }

    @Test
    void completingALostJobThrowsItsExceptionWithTheId() throws Exception {
        var started = new CountDownLatch(1);
        var cleared = new CountDownLatch(1);
        var thrown = new CompletableFuture<LeaseLostException>();
        try (var worker = backend.worker().entrypoint("receipt").handle(run -> {
            started.countDown();
            cleared.await();
            try (var connection = begin(database)) {
                run.completeIn(connection);
            } catch (LeaseLostException e) {
                thrown.complete(e);
                throw e;
            }
        }).build()) {
            var report = worker.start();
            long id = get(backend.queue().enqueue("receipt"));
            reached(started);
            get(backend.queue().clear("receipt"));
            cleared.countDown();

            assertEquals(id, ExceptionDetails.jobId(get(thrown)));
            worker.shutdown();
            assertEquals(1, get(report).leasesLost());
        }
    }

    @Test
    void anEnqueueInterceptorSeesTheJobsOfATransactionOnce() throws Exception {
        try (var traced = open(options -> options
                        .maxPayloadBytes(3)
                        .interceptEnqueue(job -> job.with(copy ->
                                copy.header("seen", String.valueOf(job.headers().size())))));
                var connection = begin(database)) {
            long id = traced.queue().enqueue(connection, NewJob.of("fetch"));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> traced.queue().enqueue(connection, NewJob.of("fetch", new byte[4])));
            connection.commit();

            assertEquals(Map.of("seen", "0"), get(traced.insights().job(id)).orElseThrow().headers());
            assertEquals(1, total(traced));
        }
    }

    @Test
    void aDataSourceOfTheCallersWorksUnderAPrefixInASchemaAndStaysOpen() throws Exception {
        var source = new PGSimpleDataSource();
        source.setUrl(database.getJdbcUrl());
        try (var connection = begin(database)) {
            execute(connection, "CREATE SCHEMA jobs");
            connection.commit();
        }
        try (var other = Backend.postgres(source, options -> options.prefix("app_").schema("jobs"))) {
            get(other.schema().install());
            get(other.queue().enqueue("fetch"));
            assertEquals(1, count(database, "jobs.app_pgqueuer"));
        }
        try (var other = Backend.postgres(source)) {
            assertEquals(0, get(other.queue().clear("fetch")));
        }
        assertThrows(IllegalArgumentException.class, () -> Backend.postgres(source, options -> options.prefix("a b")));
    }

    @Test
    void differencesOfTheSchemaAreFoundAndTheStepsThatRepairThemNameTheirLocks() throws Exception {
        try (var connection = begin(database)) {
            execute(connection, "DROP INDEX pgqueuer_held");
            execute(connection, "CREATE INDEX pgqueuer_log_status ON pgqueuer_log (status)");
            connection.commit();
        }

        var failure = failureOf(SchemaException.class, backend.schema().verify());
        var differences = ExceptionDetails.differences(failure);
        assertEquals(
                List.of(DifferenceType.MISSING, DifferenceType.LEFT_OVER),
                differences.stream().map(SchemaDifference::difference).toList());
        assertEquals(List.of("pgqueuer_held", "pgqueuer_log_status"),
                differences.stream().map(SchemaDifference::name).toList());

        var step = get(backend.schema().upgradePlan()).get(0);
        assertEquals(Map.of("pgqueuer", TableLock.SHARE), step.locks());
        get(backend.schema().upgrade());
        assertEquals(1, get(backend.schema().verify()).size());
        assertEquals(1, get(backend.schema().upgradePlan(PythonIndexes.DROP)).size());
        var plan = get(backend.schema().changePlan(QueueProperties.DEFAULT.withDurability(Durability.BALANCED)));
        assertEquals(List.of(true, true), plan.stream().map(UpgradeStep::rewrites).toList());
    }

    @Test
    void settingsSayWhereTheQueueIsAndHowToConnect() throws Exception {
        var settings = PostgresSettings.parse(database.getDsn())
                .withPrefix("set_")
                .withSchema("public")
                .withPoolMaxSize(2)
                .withConnectTimeout(Duration.ofSeconds(5))
                .withApplicationName("java-test")
                .withProperty("tcpKeepAlive", "true");
        try (var other = Backend.postgres(settings)) {
            get(other.schema().install());
            get(other.queue().enqueue("fetch"));
            assertEquals(1, count(database, "public.set_pgqueuer"));
            assertTrue(count(database, "pg_stat_activity WHERE application_name = 'java-test'") >= 1);
        }
        try (var other = Backend.postgres(settings, options -> options.prefix("opt_"))) {
            get(other.schema().install());
            get(other.queue().enqueue("fetch"));
            assertEquals(1, count(database, "public.opt_pgqueuer"));
        }
        try (var other = Backend.postgres(
                PostgresSettings.fromEnvironment(Map.of("PGQUEUER_DSN", database.getDsn())))) {
            assertEquals(0, get(other.queue().clear("fetch")));
        }
        try (var other = Backend.postgres(database.getDsn())) {
            assertEquals(0, get(other.queue().clear("fetch")));
        }
    }

    @Test
    void aServerThatDoesNotLetUsInFailsTheFutureWithTheExceptionItself() {
        var settings = PostgresSettings.parse("postgresql://localhost:1/nowhere")
                .withUser("nobody")
                .withPassword("wrong")
                .withConnectTimeout(Duration.ofSeconds(1));
        try (var other = Backend.postgres(settings)) {
            failureOf(StoreUnavailableException.class, other.queue().enqueue("fetch"));
        }
    }
}
