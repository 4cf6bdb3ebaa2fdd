package io.pgqueuer.ktor

import io.kotest.assertions.nondeterministic.continually
import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.ktor.server.application.install
import io.ktor.server.cio.CIO
import io.ktor.server.engine.embeddedServer
import io.ktor.server.response.respondText
import io.ktor.server.routing.get
import io.ktor.server.routing.post
import io.ktor.server.routing.route
import io.ktor.server.routing.routing
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.SchemaMode
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.test.PostgresFixture
import io.pgqueuer.web.Dashboard
import io.pgqueuer.web.ktor.pgQueuerDashboard
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.withContext
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** A real server on a real PostgreSQL. */
class ServerSpec : FunSpec({
    val postgres = PostgresFixture.start()
    afterSpec { postgres.close() }

    fun send(method: String, address: String): String {
        val request = HttpRequest.newBuilder(URI(address)).method(method, HttpRequest.BodyPublishers.noBody()).build()
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body()
    }

    test("a server that stops waits for running jobs, and starts no others") {
        val settings = PostgresSettings.parse(postgres.newDatabase().dsn)
        val started = CompletableDeferred<Unit>()
        val gate = CompletableDeferred<Unit>()
        val server = embeddedServer(CIO, port = 0, host = "127.0.0.1") {
            install(PgQueuer) {
                backend { postgresBackend(settings) }
                schema = SchemaMode.INSTALL
                worker({ maxConcurrentTasks = 1 }) {
                    entrypoint("order") {
                        started.complete(Unit)
                        gate.await()
                    }
                }
            }
            val dashboard = Dashboard(pgQueuer.backend)
            routing {
                post("/orders") { call.respondText("${call.enqueue("order")}") }
                get("/ready") { call.respondText("${call.application.pgQueuer.isHealthy()}") }
                route("/queue") { pgQueuerDashboard(dashboard) }
            }
        }.startSuspend()
        val site = "http://127.0.0.1:${server.engine.resolvedConnectors().single().port}"
        withContext(Dispatchers.IO) {
            send("POST", "$site/orders") shouldBe "1"
            started.await()
            eventually(10.seconds) { send("GET", "$site/ready") shouldBe "true" }
            send("GET", "$site/queue") shouldContain "<dt>running</dt><dd>1</dd>"
            val queue = server.application.pgQueuer
            val stop = async { server.stop(gracePeriodMillis = 100, timeoutMillis = 1_000) }
            eventually(10.seconds) { queue.isHealthy() shouldBe false }
            queue.queue.enqueue("order")
            // Longer than the server's own timeout.
            continually(1_500.milliseconds) { stop.isCompleted shouldBe false }
            gate.complete(Unit)
            stop.await()
        }
        postgresBackend(settings).use { backend ->
            backend.insights.lastStatuses(backend.insights.jobs().map { it.id }).values.toList() shouldContainExactly
                listOf(JobStatus.QUEUED)
            backend.insights.logEntries().map { it.jobId.value to it.status }.first { it.first == 1L } shouldBe
                (1L to JobStatus.SUCCESSFUL)
        }
    }

    test("a job that does not end in time is given back, and nothing is lost") {
        val settings = PostgresSettings.parse(postgres.newDatabase().dsn)
        val started = CompletableDeferred<Unit>()
        val server = embeddedServer(CIO, port = 0, host = "127.0.0.1") {
            install(PgQueuer) {
                backend { postgresBackend(settings) }
                schema = SchemaMode.INSTALL
                worker({ shutdownTimeout = 1.seconds }) {
                    entrypoint("stuck") {
                        started.complete(Unit)
                        CompletableDeferred<Unit>().await()
                    }
                }
            }
        }.startSuspend()
        server.application.pgQueuer.queue.enqueueAll(List(3) { NewJob("stuck") })
        started.await()
        withContext(Dispatchers.IO) { server.stop(100, 1_000) }
        postgresBackend(settings).use { backend ->
            backend.insights.jobs().map { it.status to it.attempts } shouldContainExactly
                List(3) { JobStatus.QUEUED to 0 }
        }
    }
})
