package io.pgqueuer.examples.spring;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.TerminalFailureException;

/** The shop as a process of its own. */
final class ShopProcess implements AutoCloseable {
    static final String CLASS_PATH =
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

    private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");
    private static final int SIGTERM = 143;

    private final Process process;
    private final Thread reader = new Thread(this::read);
    private final List<String> log = new CopyOnWriteArrayList<>();

    ShopProcess(String jdbcUrl) throws IOException {
        this(CLASS_PATH, jdbcUrl);
    }

    ShopProcess(String classPath, String jdbcUrl) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        process = new ProcessBuilder(
                        java,
                        // A garbage collection also frees what is only softly reachable, for instances().
                        "-XX:SoftRefLRUPolicyMSPerMB=0",
                        "-cp",
                        classPath,
                        Shop.class.getName(),
                        "--server.port=0",
                        "--spring.datasource.url=" + jdbcUrl)
                .redirectErrorStream(true)
                .start();
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (var lines = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            lines.lines().forEach(log::add);
        } catch (IOException e) {
            log.add(e.toString());
        }
    }

    /** Returns the port of the web server, once it has started. */
    int port() {
        return port(1);
    }

    /** Returns the port of the web server, once it has started {@code starts} times. */
    int port(int starts) {
        try {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .failFast(() -> !process.isAlive())
                    .until(() -> ports().size() >= starts);
        } catch (ConditionTimeoutException | TerminalFailureException e) {
            throw new IllegalStateException("the shop did not start:\n" + String.join("\n", log), e);
        }
        return ports().get(starts - 1);
    }

    private List<Integer> ports() {
        return log.stream()
                .flatMap(line -> PORT.matcher(line).results())
                .map(started -> Integer.valueOf(started.group(1)))
                .toList();
    }

    List<String> log() {
        return log;
    }

    /** Returns how many objects there are of a class, by the simple name of the class, after a garbage collection. */
    long instances(String simpleName) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        var histogram = new ProcessBuilder(java, "" + process.pid(), "GC.class_histogram").start();
        try (var lines = histogram.inputReader()) {
            return lines.lines()
                    .map(line -> line.trim().split("\\s+"))
                    .filter(columns -> columns.length > 3 && columns[3].endsWith("." + simpleName))
                    .mapToLong(columns -> Long.parseLong(columns[1]))
                    .sum();
        }
    }

    /** Sends SIGTERM, and waits for the end. Returns whether the process ended because of it. */
    boolean terminate() throws InterruptedException {
        // Unlike Process.destroy(), this leaves the output open.
        process.toHandle().destroy();
        var hasEnded = process.waitFor(60, TimeUnit.SECONDS);
        reader.join(10_000);
        return hasEnded && process.exitValue() == SIGTERM;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
