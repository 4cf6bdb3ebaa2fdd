package io.pgqueuer.examples

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import io.pgqueuer.Backend
import io.pgqueuer.JobId
import kotlinx.coroutines.runBlocking
import java.net.InetSocketAddress
import java.util.concurrent.Executors

/**
 * A web application that leaves the work to the queue. `POST /receipts?order=42&email=…` returns 202 and the id of the job;
 * `GET /jobs/7` returns its status. Close it to stop the server.
 */
class WebApplication(
    private val backend: Backend,
    port: Int = 0,
) : AutoCloseable {
    private val threads = Executors.newCachedThreadPool()
    private val server = HttpServer.create(InetSocketAddress("localhost", port), 0).apply {
        executor = threads
        createContext("/receipts") { it.answer { enqueue(it) } }
        createContext("/jobs/") { it.answer { status(it) } }
        start()
    }

    val port: Int get() = server.address.port

    private suspend fun enqueue(exchange: HttpExchange): Pair<Int, String> {
        val query = exchange.requestURI.query.orEmpty().split('&').associate {
            it.substringBefore('=') to it.substringAfter('=', "")
        }
        val order = query["order"]?.toLongOrNull() ?: return 400 to "order must be a number, was ${query["order"]}"
        val email = query["email"].orEmpty().ifBlank { return 400 to "email is missing" }
        return 202 to "${backend.queue.enqueue(SendReceipt, Receipt(order, email))}"
    }

    private suspend fun status(exchange: HttpExchange): Pair<Int, String> {
        val id = exchange.requestURI.path.substringAfterLast('/').toLongOrNull()?.let(::JobId)
        val status = id?.let { backend.insights.lastStatuses(listOf(it))[it] } ?: return 404 to "there is no such job"
        return 200 to status.label
    }

    private fun HttpExchange.answer(make: suspend () -> Pair<Int, String>) = use {
        val (code, text) = runBlocking { make() }
        sendResponseHeaders(code, text.length.toLong())
        responseBody.write(text.encodeToByteArray())
    }

    override fun close() {
        server.stop(0)
        threads.shutdown()
    }
}
