package io.pgqueuer.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueuer.test.PostgresFixture;
import java.time.Duration;
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

    private final ShopDatabase database = new ShopDatabase(server);

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
        try (var shop = new ShopProcess(database.url())) {
            var customer = new Customer(shop.port());
            var job = customer.order().body().replaceAll(".*\"job\":(\\d+).*", "$1");
            assertThat(customer.progress(job)).endsWith("data:SUCCESSFUL\n\n");
            assertThat(database.rows("SELECT count(*)::text FROM receipts")).containsExactly("1");
        }
    }

    @Test
    void nothingIsLostWhenTheShopIsTerminatedUnderLoad() throws Exception {
        var accepted = new CopyOnWriteArrayList<String>();
        var underLoad = new CountDownLatch(200);
        try (var shop = new ShopProcess(database.url())) {
            var port = shop.port();
            var customers = IntStream.range(0, 4)
                    .mapToObj(each -> new Thread(() -> new Customer(port).orderOn(order -> {
                        accepted.add(order);
                        underLoad.countDown();
                    })))
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
        assertThat(database.rows("SELECT DISTINCT status::text FROM pgqueuer UNION SELECT 'queued'")).containsExactly("queued");
        assertThat(database.rows("SELECT id FROM orders")).containsAll(accepted);
        assertThat(database.rows("""
                SELECT id FROM orders
                WHERE (SELECT count(*) FROM receipts WHERE order_id = orders.id)
                    + (SELECT count(*) FROM pgqueuer
                       WHERE convert_from(payload, 'UTF8')::jsonb ->> 'order' = orders.id::text) <> 1
                """)).isEmpty();
        try (var shop = new ShopProcess(database.url())) {
            shop.port();
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> database.rows("SELECT id FROM pgqueuer").isEmpty());
        }
        assertThat(database.rows("SELECT order_id FROM receipts"))
                .containsExactlyInAnyOrderElementsOf(database.rows("SELECT id FROM orders"));
    }
}
