package io.pgqueuer.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueuer.test.PostgresFixture;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The shop as a process, under load, with a real database. */
class ShutdownTest {
    private static PostgresFixture server;

    private final HttpClient http = HttpClient.newHttpClient();
    private final String url = server.newDatabase().getJdbcUrl();

    @BeforeAll
    static void startServer() {
        server = PostgresFixture.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Test
    void anOrderIsPlacedAndItsProgressStreamed() throws Exception {
        try (var shop = new ShopProcess(url)) {
            var placed = post(shop.port()).body();
            var job = placed.replaceAll(".*\"job\":(\\d+).*", "$1");
            var stream = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + shop.port() + "/jobs/" + job)).build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(stream.body()).endsWith("data:SUCCESSFUL\n\n");
            assertThat(rows("SELECT count(*)::text FROM receipts")).containsExactly("1");
        }
    }

    @Test
    void nothingIsLostWhenTheShopIsTerminatedUnderLoad() throws Exception {
        var accepted = new CopyOnWriteArrayList<String>();
        var underLoad = new CountDownLatch(200);
        try (var shop = new ShopProcess(url)) {
            var port = shop.port();
            var customers = IntStream.range(0, 4)
                    .mapToObj(each -> new Thread(() -> order(port, accepted, underLoad)))
                    .toList();
            customers.forEach(Thread::start);
            underLoad.await();
            assertThat(shop.terminate()).as(String.join("\n", shop.log())).isTrue();
            for (var customer : customers) {
                customer.join();
            }
            // The worker first, and then the web server.
            var stops = shop.log().stream()
                    .filter(line -> line.contains("the worker has stopped") || line.contains("graceful shutdown"))
                    .toList();
            assertThat(stops).hasSizeGreaterThan(1);
            assertThat(stops.get(0)).contains("the worker has stopped");
            assertThat(shop.log()).noneMatch(line -> line.matches("\\S+ +ERROR .*"));
        }
        // Every job is either done, with its receipt, or waits for the next worker.
        assertThat(rows("SELECT DISTINCT status::text FROM pgqueuer UNION SELECT 'queued'")).containsExactly("queued");
        assertThat(rows("SELECT id FROM orders")).containsAll(accepted);
        assertThat(rows("""
                SELECT id FROM orders
                WHERE (SELECT count(*) FROM receipts WHERE order_id = orders.id)
                    + (SELECT count(*) FROM pgqueuer
                       WHERE convert_from(payload, 'UTF8')::jsonb ->> 'order' = orders.id::text) <> 1
                """)).isEmpty();
        try (var shop = new ShopProcess(url)) {
            shop.port();
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> rows("SELECT id FROM pgqueuer").isEmpty());
        }
        assertThat(rows("SELECT order_id FROM receipts"))
                .containsExactlyInAnyOrderElementsOf(rows("SELECT id FROM orders"));
    }

    /** Places orders until the shop is gone. */
    private void order(int port, List<String> accepted, CountDownLatch placed) {
        try {
            while (true) {
                var response = post(port);
                if (response.statusCode() == 200) {
                    accepted.add(response.body().replaceAll(".*\"order\":(\\d+).*", "$1"));
                    placed.countDown();
                }
            }
        } catch (IOException e) {
            // The shop is gone.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private HttpResponse<String> post(int port) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/orders"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"email\": \"ann@example.org\"}"))
                .header("Content-Type", "application/json")
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private List<String> rows(String sql) throws Exception {
        try (var connection = DriverManager.getConnection(url);
                var statement = connection.createStatement();
                var result = statement.executeQuery(sql)) {
            var rows = new ArrayList<String>();
            while (result.next()) {
                rows.add(result.getString(1));
            }
            return rows;
        }
    }
}
