package io.pgqueuer.micrometer

import com.sun.net.httpserver.HttpServer
import io.kotest.matchers.shouldBe
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers

/** Serves [registry] as applications do, and passes [test] what reads its lines. */
internal suspend fun scraping(registry: PrometheusMeterRegistry, test: suspend (() -> List<String>) -> Unit) {
    val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
    server.createContext("/metrics") { exchange ->
        val body = registry.scrape().encodeToByteArray()
        exchange.sendResponseHeaders(200, body.size.toLong())
        exchange.responseBody.use { it.write(body) }
    }
    server.start()
    try {
        val address = URI("http://${server.address.hostString}:${server.address.port}/metrics")
        val request = HttpRequest.newBuilder(address).build()
        test {
            HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).also { it.statusCode() shouldBe 200 }
                .body().lines()
        }
    } finally {
        server.stop(0)
    }
}
