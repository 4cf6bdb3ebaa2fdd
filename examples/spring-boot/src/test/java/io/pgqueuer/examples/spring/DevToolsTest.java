package io.pgqueuer.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueuer.test.PostgresFixture;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shop with Spring Boot's devtools, which restart it in the same process when one of its classes changes. */
class DevToolsTest {
    private static final int VERSIONS = 3;
    private static final Path SOURCE = Path.of("src/main/java/io/pgqueuer/examples/spring/Shop.java");
    private static final Path CLASSES = Path.of("target/classes").toAbsolutePath();

    @TempDir
    private Path classes;

    @TempDir
    private Path changed;

    @Test
    void restartsUnderLoadRunTheNewHandlerLoseNoJobAndLeaveNothingBehind() throws Exception {
        copy(CLASSES, classes);
        try (var server = PostgresFixture.start()) {
            var database = new ShopDatabase(server);
            try (var shop = new ShopProcess(classPath(), database.url())) {
                var accepted = new CopyOnWriteArrayList<String>();
                for (var version = 1; version < VERSIONS; version++) {
                    var customer = new Customer(shop.port(version));
                    var load = new Thread(() -> customer.orderOn(accepted::add));
                    load.start();
                    awaitReceiptBy(version, database);
                    change(version + 1);
                    load.join();
                }
                new Customer(shop.port(VERSIONS)).order();
                awaitReceiptBy(VERSIONS, database);

                // A lease that nobody gives back expires after 30 s only.
                await().atMost(Duration.ofSeconds(15)).until(() -> database.rows("SELECT id FROM pgqueuer").isEmpty());
                assertThat(database.rows("SELECT order_id FROM receipts"))
                        .containsAll(accepted)
                        .containsExactlyInAnyOrderElementsOf(database.rows("SELECT id FROM orders"));
                assertThat(database.rows("SELECT status::text FROM pgqueuer_log")).doesNotContain("exception", "failed");
                assertThat(database.rows("SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")).hasSize(1);
                // That of the first start belongs to the shutdown hook of Spring Boot.
                await().untilAsserted(() -> assertThat(shop.instances("RestartClassLoader")).isEqualTo(2));
            }
        }
    }

    private static void awaitReceiptBy(int version, ShopDatabase database) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !database.rows("SELECT order_id FROM receipts WHERE email LIKE '" + prefix(version) + "%'").isEmpty());
    }

    /** Starts the receipts of a version. The first one is the shop as it is. */
    private static String prefix(int version) {
        return version == 1 ? "ann" : "version " + version + " for ann";
    }

    /** Compiles the shop with another handler into the class path of the process. */
    private void change(int version) throws IOException {
        var source = Files.readString(SOURCE);
        var newSource = source.replace("receipt.email())", "\"version " + version + " for \" + receipt.email())");
        assertThat(newSource).isNotEqualTo(source);
        var file = changed.resolve("Shop.java");
        Files.writeString(file, newSource);
        var output = changed.resolve("classes");
        var arguments = Stream.of(
                "-parameters", "-proc:none", "-nowarn", "-cp", ShopProcess.CLASS_PATH, "-d", output.toString(), file.toString());
        var status = ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new));
        assertThat(status).isZero();
        copy(output, classes);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (var file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                var target = to.resolve(from.relativize(file));
                Files.createDirectories(target.getParent());
                Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** The class path of this test, with a copy of the shop's classes, and with devtools. */
    private String classPath() {
        var given = Stream.of(ShopProcess.CLASS_PATH.split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).equals(CLASSES) && !entry.endsWith("test-classes"));
        return Stream.of(Stream.of(classes.toString()), given, Stream.of("target/devtools/spring-boot-devtools.jar"))
                .flatMap(entries -> entries)
                .collect(Collectors.joining(File.pathSeparator));
    }
}
