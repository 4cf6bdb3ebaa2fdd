package io.pgqueuer.examples.java;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pgqueuer.examples.java.Orders.Order;
import io.pgqueuer.examples.java.Payments.Answer;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.JobStatus;
import io.pgqueuer.java.RunMode;
import io.pgqueuer.test.PostgresFixture;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class ExamplesTest {
    private static PostgresFixture postgres;

    @BeforeAll
    static void startPostgres() {
        postgres = PostgresFixture.start();
    }

    @AfterAll
    static void stopPostgres() {
        postgres.close();
    }

    @Test
    void theQuickstartGreetsBoth() {
        assertEquals(List.of("hello ann", "hello bob"), InMemoryQuickstart.run().stream().sorted().toList());
    }

    @Test
    void aReceiptIsSentAndTheEndOfItsJobAwaited() {
        var sent = new CopyOnWriteArrayList<String>();

        var status = Receipts.sendOne(postgres.newDatabase().getDsn(), (to, text) -> sent.add(to + ": " + text));

        assertEquals(JobStatus.SUCCESSFUL, status);
        assertEquals(List.of("ann@example.org: Thank you for order 42."), sent);
    }

    @Test
    void anOrderHasOneReceiptAndAnOrderThatCannotBeStoredHasNoJob() throws SQLException {
        var database = postgres.newDatabase();
        var dataSource = new PGSimpleDataSource();
        dataSource.setURL(database.getJdbcUrl());
        try (var connection = dataSource.getConnection()) {
            connection.createStatement().execute(Orders.TABLES);
        }
        try (var backend = Backend.postgres(database.getDsn())) {
            backend.schema().install().join();

            Orders.place(dataSource, backend.queue(), new Order(1, "ann@example.org"));
            assertThrows(
                    SQLException.class,
                    () -> Orders.place(dataSource, backend.queue(), new Order(1, "bob@example.org")));
            Orders.worker(backend, dataSource).start(options -> options.mode(RunMode.DRAIN)).join();
        }
        var receipts = new ArrayList<String>();
        try (var connection = dataSource.getConnection();
                var rows = connection.createStatement().executeQuery("SELECT text FROM receipts")) {
            while (rows.next()) {
                receipts.add(rows.getString(1));
            }
        }
        assertEquals(List.of("Thank you, ann@example.org."), receipts);
    }

    @Test
    void aScheduleEnqueuesTheReportOfTheDay() throws Exception {
        var reported = new CompletableFuture<String>();
        try (var backend = Backend.inMemory();
                var worker = Reports.worker(backend, "* * * * * *", reported::complete)) {
            var before = LocalDate.now(Reports.BERLIN);
            worker.start();
            var day = LocalDate.parse(reported.get(30, TimeUnit.SECONDS));
            assertEquals(day.isAfter(before) ? before.plusDays(1) : before, day);
        }
        try (var backend = Backend.inMemory()) {
            Reports.worker(backend, Reports.DAILY, report -> { }).start(options -> options.mode(RunMode.DRAIN)).join();
            assertEquals("0 18 * * mon-fri", backend.schedules().list().join().get(0).expression());
        }
    }

    @Test
    void aBusyProviderIsAskedAgainAndARefusalIsHeld() {
        var answers = new ArrayList<>(List.of(
                new Answer(false, Duration.ofMillis(5), null), new Answer(true, null, null)));
        try (var backend = Backend.inMemory()) {
            backend.queue().enqueue("charge", "good".getBytes()).join();
            backend.queue().enqueue("charge", "stolen".getBytes()).join();
            var worker = Payments.worker(backend, card -> {
                if (card.equals("stolen")) {
                    return new Answer(false, null, "card is blocked");
                }
                if (answers.size() == 2) {
                    answers.add(0, null);
                    throw new IOException("reset");
                }
                answers.remove(null);
                return answers.remove(0);
            });

            var report = worker.start(options -> options.mode(RunMode.DRAIN)).join();

            assertEquals(List.of(1L, 2L, 1L), List.of(report.succeeded(), report.retried(), report.held()));
            var held = backend.queue().heldJobs().join().get(0);
            assertEquals("refused: card is blocked", held.failure().orElseThrow().message());
        }
    }

    @Test
    void oneRequestEnqueuesAJobAndAnotherReturnsItsStatus() throws Exception {
        var greeted = new CopyOnWriteArrayList<String>();
        try (var backend = Backend.inMemory();
                var application = new WebApplication(backend)) {
            assertEquals("202 1", request(application, "POST", "/greetings", "ann"));
            assertEquals("200 QUEUED", request(application, "GET", "/jobs/1", ""));
            backend.worker()
                    .entrypoint("greet")
                    .handle(run -> greeted.add(new String(run.payload())))
                    .build()
                    .start(options -> options.mode(RunMode.DRAIN))
                    .join();
            assertEquals("200 SUCCESSFUL", request(application, "GET", "/jobs/1", ""));
            assertEquals("404 there is no such job", request(application, "GET", "/jobs/99", ""));
            assertEquals(List.of("ann"), greeted);
        }
    }

    private static String request(WebApplication application, String method, String path, String body)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + application.port() + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        return response.statusCode() + " " + response.body();
    }
}
