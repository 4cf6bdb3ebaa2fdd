package io.pgqueuer.examples.spring;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.function.Consumer;

/** Who orders at the shop. */
final class Customer {
    private final HttpClient http = HttpClient.newHttpClient();
    private final URI shop;

    Customer(int port) {
        shop = URI.create("http://127.0.0.1:" + port);
    }

    HttpResponse<String> order() throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(shop.resolve("/orders"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"email\": \"ann@example.org\"}"))
                .header("Content-Type", "application/json")
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /** Orders until the shop is gone. Tells {@code placed} of the id of each order that the shop has accepted. */
    void orderOn(Consumer<String> placed) {
        try {
            while (true) {
                var response = order();
                if (response.statusCode() == 200) {
                    placed.accept(response.body().replaceAll(".*\"order\":(\\d+).*", "$1"));
                }
            }
        } catch (IOException e) {
            // The shop is gone.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns what the shop streams about a job until it has ended. */
    String progress(String job) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(shop.resolve("/jobs/" + job)).build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
