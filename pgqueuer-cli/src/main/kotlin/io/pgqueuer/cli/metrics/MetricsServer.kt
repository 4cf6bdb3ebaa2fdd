package io.pgqueuer.cli.metrics

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import io.pgqueuer.cli.CommandException
import java.io.IOException
import java.net.Inet6Address
import java.net.InetSocketAddress
import java.util.concurrent.Executors

/** Serves what [scrape] returns at `/metrics` of [address], until it is closed. It answers nothing else. */
internal class MetricsServer(
    private val address: InetSocketAddress,
    portOption: String,
    private val scrape: () -> String,
) : AutoCloseable {
    private val threads = Executors.newFixedThreadPool(THREADS) { task ->
        Thread(task, "pgq metrics").apply { isDaemon = true }
    }
    private val server: HttpServer = try {
        HttpServer.create(address, 0)
    } catch (e: IOException) {
        threads.shutdownNow()
        throw CommandException(
            "cannot serve metrics at ${text(address.port)}: ${e.message}; choose another port with $portOption",
            e,
        )
    }

    init {
        server.createContext("/", ::answer)
        server.executor = threads
        server.start()
    }

    val url: String get() = "http://${text(server.address.port)}$PATH"

    private fun answer(exchange: HttpExchange) = exchange.use {
        when {
            exchange.requestURI.path != PATH -> exchange.send(NOT_FOUND, "metrics are at $PATH\n")
            exchange.requestMethod !in METHODS -> exchange.send(NOT_ALLOWED, "metrics can only be read\n")
            else -> exchange.send(OK, scrape())
        }
    }

    private fun HttpExchange.send(status: Int, text: String) {
        val body = text.encodeToByteArray()
        responseHeaders.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        if (requestMethod == "HEAD") return sendResponseHeaders(status, -1)
        sendResponseHeaders(status, body.size.toLong())
        responseBody.write(body)
    }

    private fun text(port: Int): String {
        val host = address.address.hostAddress
        return if (address.address is Inet6Address) "[$host]:$port" else "$host:$port"
    }

    override fun close() {
        server.stop(0)
        threads.shutdownNow()
    }

    private companion object {
        const val PATH = "/metrics"
        const val THREADS = 4
        const val OK = 200
        const val NOT_FOUND = 404
        const val NOT_ALLOWED = 405
        val METHODS = setOf("GET", "HEAD")
    }
}
