package io.pgqueuer.java;

import static io.pgqueuer.java.TestPostgres.begin;
import static io.pgqueuer.java.TestPostgres.count;
import static io.pgqueuer.java.TestPostgres.execute;
import static io.pgqueuer.java.Waiting.failureOf;
import static io.pgqueuer.java.Waiting.get;
import static io.pgqueuer.java.Waiting.reached;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pgqueuer.DuplicateJobException;
import io.pgqueuer.LeaseLostException;
import io.pgqueuer.StoreUnavailableException;
import io.pgqueuer.test.PostgresDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class PostgresClientTest extends ClientContract {
    private static final JobType<String> GREET = JobType.of("greet", PayloadCodec.utf8());

    private PostgresDatabase database;

    @Override
    PgQueuerClient open() throws Exception {
        database = TestPostgres.newDatabase();
        var opened = PgQueuerClient.postgres(database.getDsn());
        get(opened.schema().install());
        return opened;
    }

    @Test
    void jobsOfATransactionAreThereWhenItCommits() throws Exception {
        try (var connection = begin(database)) {
            long one = client.queue().enqueue(connection, NewJob.of("fetch"));
            long typed = client.queue().enqueue(connection, GREET, "Ann");
            var more = client.queue().enqueueAll(connection, List.of(NewJob.of("a"), NewJob.of("b")));
            assertEquals(0, total());
            connection.commit();

            assertEquals(4, total());
            assertTrue(one < typed && typed < more.get(0) && more.get(0) < more.get(1));
        }
    }

    @Test
    void jobsOfATransactionNeverWereWhenItRollsBack() throws Exception {
        try (var connection = begin(database)) {
            client.queue().enqueue(connection, NewJob.of("fetch"));
            connection.rollback();
        }
        assertEquals(0, total());
        assertEquals(0, count(database, "pgqueuer_log"));
    }

    @Test
    void aDuplicateInATransactionIsThrownItselfAndTheTransactionGoesOn() throws Exception {
        var taken = NewJob.builder("fetch").dedupeKey("taken").build();
        get(client.queue().enqueue(taken));
        try (var connection = begin(database)) {
            var queue = client.queue();
            var failure = assertThrows(DuplicateJobException.class, () -> queue.enqueue(connection, taken));
            assertEquals(List.of("taken"), failure.getKeys());
            assertEquals(OptionalLong.empty(), queue.enqueueOrSkip(connection, taken));
            var ids = queue.enqueueAllOrSkip(connection, List.of(NewJob.of("other"), taken));
            assertTrue(ids.get(0).isPresent() && ids.get(1).isEmpty());
            connection.commit();
        }
        assertEquals(2, total());
    }

    @Test
    void aConnectionInAutocommitModeIsRefused() throws Exception {
        try (var connection = DriverManager.getConnection(database.getJdbcUrl())) {
            assertThrows(
                    IllegalArgumentException.class, () -> client.queue().enqueue(connection, NewJob.of("fetch")));
        }
        assertEquals(0, total());
    }

    @Test
    void aHandlersWritesAndTheEndOfItsJobCommitTogetherOrNotAtAll() throws Exception {
        try (var connection = begin(database)) {
            execute(connection, "CREATE TABLE receipt (job_id bigint)");
            connection.commit();
        }
        var worker = client.worker().entrypoint("receipt").handle(run -> {
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
        long id = get(client.queue().enqueue("receipt"));

        var report = get(worker.start(RunOptions.drain()));

        assertEquals(1, report.retried());
        assertEquals(1, report.succeeded());
        assertEquals(1, count(database, "receipt"));
        assertEquals(JobStatus.SUCCESSFUL, get(client.awaitCompletion(id)));
    }

    @Test
    void aJobIsCompletedUnderRepeatableReadOnceItsRowIsLocked() throws Exception {
        var worker = client.worker().entrypoint("receipt").handle(run -> {
            try (var connection = begin(database)) {
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                run.lockIn(connection);
                run.completeIn(connection);
                connection.commit();
            }
        }).build();
        long id = get(client.queue().enqueue("receipt"));

        assertEquals(1, get(worker.start(RunOptions.drain())).succeeded());
        assertEquals(JobStatus.SUCCESSFUL, get(client.awaitCompletion(id)));
    }

    @Test
    void completingALostJobThrowsItsExceptionWithTheId() throws Exception {
        var started = new CountDownLatch(1);
        var cleared = new CountDownLatch(1);
        var thrown = new CompletableFuture<LeaseLostException>();
        try (var worker = client.worker().entrypoint("receipt").handle(run -> {
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
            long id = get(client.queue().enqueue("receipt"));
            reached(started);
            get(client.queue().clear("receipt"));
            cleared.countDown();

            assertEquals(id, ExceptionDetails.jobId(get(thrown)));
            worker.shutdown();
            assertEquals(1, get(report).leasesLost());
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
        try (var other = PgQueuerClient.postgres(source, "app_", "jobs")) {
            get(other.schema().install());
            get(other.queue().enqueue("fetch"));
            assertEquals(1, count(database, "jobs.app_pgqueuer"));
        }
        try (var other = PgQueuerClient.postgres(source)) {
            assertEquals(0, get(other.queue().clearAll()));
        }
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
        try (var other = PgQueuerClient.postgres(settings)) {
            get(other.schema().install());
            get(other.queue().enqueue("fetch"));
            assertEquals(1, count(database, "public.set_pgqueuer"));
            assertTrue(count(database, "pg_stat_activity WHERE application_name = 'java-test'") >= 1);
        }
        try (var other = PgQueuerClient.postgres(
                PostgresSettings.fromEnvironment(Map.of("PGQUEUER_DSN", database.getDsn())))) {
            assertEquals(0, get(other.queue().clearAll()));
        }
    }

    @Test
    void aServerThatDoesNotLetUsInFailsTheFutureWithTheExceptionItself() {
        var settings = PostgresSettings.parse("postgresql://localhost:1/nowhere")
                .withUser("nobody")
                .withPassword("wrong")
                .withConnectTimeout(Duration.ofSeconds(1));
        try (var other = PgQueuerClient.postgres(settings)) {
            failureOf(StoreUnavailableException.class, other.queue().enqueue("fetch"));
        }
    }
}
