package io.pgqueuer.examples.ktor

import java.net.ServerSocket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandlers
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import java.util.stream.Stream

/** The shop as its own process, on the database at [jdbcUrl]. */
class ShopProcess(
    jdbcUrl: String,
) : AutoCloseable {
    private val port = ServerSocket(0).use { it.localPort }
    private val client = HttpClient.newHttpClient()

    private val process: Process = ProcessBuilder(
        ProcessHandle.current().info().command().get(),
        "-cp",
        System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path"),
        "io.pgqueuer.examples.ktor.ShopKt",
    ).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.INHERIT).apply {
        environment() += mapOf("DATABASE_URL" to jdbcUrl, "PORT" to "$port")
    }.start()

    private fun request(path: String) = HttpRequest.newBuilder(URI("http://127.0.0.1:$port$path"))

    fun status(path: String): Int = client.send(request(path).build(), BodyHandlers.discarding()).statusCode()

    /** Each line of a stream of events. */
    fun lines(path: String): Stream<String> = client.send(request(path).build(), BodyHandlers.ofLines()).body()

    fun order(items: Int): CompletableFuture<HttpResponse<String>> = client.sendAsync(
        request("/orders").POST(HttpRequest.BodyPublishers.ofString("$items")).build(),
        BodyHandlers.ofString(),
    )

    /** Sends SIGTERM, and returns the exit code. */
    fun terminate(): Int {
        process.destroy()
        check(process.waitFor(30, TimeUnit.SECONDS)) { "the shop did not end" }
        return process.exitValue()
    }

    override fun close() {
        process.destroyForcibly().waitFor()
    }
}
