package io.pgqueuer.cli.metrics

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.cli.PgqProcess
import io.pgqueuer.cli.Queue
import io.pgqueuer.cli.pgq
import io.pgqueuer.cli.shouldBeAnError
import io.pgqueuer.test.PostgresFixture
import java.net.InetAddress
import java.net.ServerSocket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandlers
import kotlin.time.Duration.Companion.seconds

private const val WORKERS = "io.pgqueuer.cli.TestWorkersKt"

class MetricsSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    suspend fun PgqProcess.url(): String = eventually(60.seconds) {
        Regex("serving metrics at (http://\\S+)").find(err).shouldNotBeNull().groupValues[1]
    }

    fun get(url: String, method: String = "GET"): HttpResponse<String> {
        val request = HttpRequest.newBuilder(URI(url)).method(method, HttpRequest.BodyPublishers.noBody()).build()
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString())
    }

    test("the queue is served to Prometheus, read again at each interval, and SIGTERM ends it with 0") {
        val queue = Queue(server.newDatabase())
        repeat(2) { queue.pgq("queue", "mail").exitCode shouldBe 0 }
        queue.start("metrics", "--port", "0", "--interval", "1s").use { process ->
            val url = process.url()
            url shouldContain Regex("^http://127\\.0\\.0\\.1:\\d+/metrics$")
            get(url).run {
                statusCode() shouldBe 200
                headers().firstValue("Content-Type").get() shouldBe "text/plain; version=0.0.4; charset=utf-8"
                body().lines() shouldContain """pgqueuer_queue_due{entrypoint="mail"} 2.0"""
                body().lines() shouldContain
                    """pgqueuer_queue_count{aggregation="sum",entrypoint="mail",status="queued"} 2.0"""
            }
            queue.pgq("queue", "mail").exitCode shouldBe 0
            eventually(30.seconds) {
                get(url).body().lines() shouldContain """pgqueuer_queue_due{entrypoint="mail"} 3.0"""
            }
            get(url.removeSuffix("/metrics")).statusCode() shouldBe 404
            get(url, "POST").statusCode() shouldBe 405
            get(url, "HEAD").run { statusCode() to body() } shouldBe (200 to "")
            process.signal("TERM")
            process.await().run {
                exitCode shouldBe 0
                out.shouldBeEmpty()
                err shouldContain "SIGTERM: stopping"
            }
        }
    }

    test("a worker serves what it does") {
        val queue = Queue(server.newDatabase())
        queue.pgq("queue", "count").exitCode shouldBe 0
        queue.start("run", "$WORKERS::counting", "--metrics-port", "0", "--max-concurrent-tasks", "7").use { process ->
            val url = process.url()
            eventually(30.seconds) {
                val lines = get(url).body().lines()
                lines shouldContain """pgqueuer_jobs_total{entrypoint="count",outcome="succeeded"} 1.0"""
                lines shouldContain "pgqueuer_worker_slots 7.0"
                lines shouldContain "pgqueuer_workers_listening 1.0"
            }
            process.signal("TERM")
            process.await().exitCode shouldBe 0
        }
    }

    test("a port that is in use is an error that names the option") {
        val queue = Queue(server.newDatabase())
        ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { other ->
            val port = "${other.localPort}"
            queue.pgq("metrics", "--port", port).shouldBeAnError("127.0.0.1:$port", "another port with --port")
            queue.pgq("run", "$WORKERS::counting", "--metrics-port", port)
                .shouldBeAnError("127.0.0.1:$port", "another port with --metrics-port")
        }
    }

    test("a queue that cannot be read at the start is an error") {
        val database = server.newDatabase()
        pgq("metrics", "--port", "0", "--dsn", database.dsn).shouldBeAnError("install")
    }

    test("other machines are let in only if asked for, and wrong values are refused") {
        pgq("metrics", "--host", "0.0.0.0").run {
            exitCode shouldBe 2
            err shouldContain "--insecure"
        }
        pgq("run", "$WORKERS::counting", "--metrics-port", "0", "--metrics-host", "0.0.0.0").run {
            exitCode shouldBe 2
            err shouldContain "--metrics-insecure"
        }
        pgq("metrics", "--interval", "10ms").run {
            exitCode shouldBe 2
            err shouldContain "must be at least 1s, was 10ms"
        }
        pgq("metrics", "--host", "no.such.host.invalid").shouldBeAnError("no.such.host.invalid")
    }
})
