package io.pgqueuer.examples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.RunMode
import io.pgqueuer.memory.inMemoryBackend
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers

class WebApplicationSpec : FunSpec({
    test("one request enqueues a job, another returns its status") {
        val backend = inMemoryBackend()
        val sent = mutableListOf<String>()
        WebApplication(backend).use { application ->
            val client = HttpClient.newHttpClient()

            fun request(method: String, path: String): Pair<Int, String> {
                val uri = URI("http://localhost:${application.port}$path")
                val request = HttpRequest.newBuilder(uri).method(method, HttpRequest.BodyPublishers.noBody()).build()
                return client.send(request, BodyHandlers.ofString()).run { statusCode() to body() }
            }

            request("POST", "/receipts?order=42&email=ann@example.org") shouldBe (202 to "1")
            request("GET", "/jobs/1") shouldBe (200 to "queued")
            receiptWorker(backend) { to, _ -> sent += to }.run { mode = RunMode.DRAIN }
            request("GET", "/jobs/1") shouldBe (200 to "successful")
            sent shouldBe listOf("ann@example.org")

            request("POST", "/receipts?order=x&email=a") shouldBe (400 to "order must be a number, was x")
            request("POST", "/receipts?order=1") shouldBe (400 to "email is missing")
            request("GET", "/jobs/99") shouldBe (404 to "there is no such job")
        }
    }
})
