package io.pgqueuer.examples.spring;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** The shop as a process of its own. */
final class ShopProcess implements AutoCloseable {
    private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");
    private static final int SIGTERM = 143;

    private final Process process;
    private final Thread reader = new Thread(this::read);
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Integer> port = new CompletableFuture<>();

    ShopProcess(String jdbcUrl, String... properties) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        var command = new java.util.ArrayList<>(List.of(
                java, "-cp", classPath, Shop.class.getName(), "--server.port=0", "--spring.datasource.url=" + jdbcUrl));
        command.addAll(List.of(properties));
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (var lines = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                log.add(line);
                var started = PORT.matcher(line);
                if (started.find()) {
                    port.complete(Integer.valueOf(started.group(1)));
                }
            }
        } catch (IOException e) {
            port.completeExceptionally(e);
        }
        port.completeExceptionally(new IllegalStateException("the shop ended:\n" + String.join("\n", log)));
    }

    int port() throws Exception {
        return port.get(60, TimeUnit.SECONDS);
    }

    List<String> log() {
        return log;
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
