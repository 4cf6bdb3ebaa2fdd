package io.pgqueuer.examples.java;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.pgqueuer.java.Backend;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A web application that leaves the work to the queue. No thread of the server waits for the database. */
public final class WebApplication implements AutoCloseable {
    private record Answer(int code, String text) {}

    private final Backend backend;
    private final HttpServer server;

    /** Listens on a free port of localhost. */
    public WebApplication(Backend backend) throws IOException {
        this.backend = backend;
        server = HttpServer.create(new InetSocketAddress("localhost", 0), 0);
        server.createContext("/greetings", exchange -> answer(exchange, enqueue(exchange)));
        server.createContext("/jobs/", exchange -> answer(exchange, status(exchange)));
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    private CompletableFuture<Answer> enqueue(HttpExchange exchange) throws IOException {
        return backend.queue().enqueue("greet", exchange.getRequestBody().readAllBytes())
                .thenApply(id -> new Answer(202, Long.toString(id)));
    }

    private CompletableFuture<Answer> status(HttpExchange exchange) {
        long id = Long.parseLong(exchange.getRequestURI().getPath().replace("/jobs/", ""));
        return backend.insights().lastStatuses(List.of(id)).thenApply(known -> known.containsKey(id)
                ? new Answer(200, known.get(id).name())
                : new Answer(404, "there is no such job"));
    }

    private static void answer(HttpExchange exchange, CompletableFuture<Answer> future) {
        future.exceptionally(failure -> new Answer(500, failure.toString())).thenAccept(answer -> {
            try (exchange) {
                exchange.sendResponseHeaders(answer.code(), answer.text().length());
                exchange.getResponseBody().write(answer.text().getBytes());
            } catch (IOException gone) {
                // The client does not wait for the answer any more.
            }
        });
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
