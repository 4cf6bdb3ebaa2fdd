package io.pgqueuer.web

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.ktor.server.cio.CIO
import io.ktor.server.engine.embeddedServer
import io.ktor.server.routing.route
import io.ktor.server.routing.routing
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.web.ktor.pgQueuerDashboard
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import kotlin.time.Duration.Companion.milliseconds

/** The adapter for Ktor, on a real server. */
class KtorSpec : FunSpec({
    val dashboard = Dashboard(inMemoryBackend()) { refreshEvery = 500.milliseconds }
    val server = embeddedServer(CIO, port = 0, host = "127.0.0.1") {
        routing {
            pgQueuerDashboard(dashboard) { DashboardRole.OPERATE }
            route("/admin/a%20queue") { pgQueuerDashboard(dashboard) }
            route("/closed") { pgQueuerDashboard(dashboard) { null } }
        }
    }
    val client = HttpClient.newHttpClient()
    lateinit var site: String

    beforeSpec {
        server.startSuspend()
        site = "http://127.0.0.1:${server.engine.resolvedConnectors().single().port}"
    }
    afterSpec {
        server.stop(0, 500)
        dashboard.close()
    }

    fun get(path: String) = client.send(HttpRequest.newBuilder(URI(site + path)).build(), BodyHandlers.ofString())

    fun post(path: String, body: String) = client.send(
        HttpRequest.newBuilder(URI(site + path)).header("Origin", site)
            .header("Content-Type", "application/x-www-form-urlencoded").POST(BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString(),
    )

    test("links lead to the dashboard, wherever it is and however the address is written") {
        for (base in listOf("", "/admin/a%20queue")) {
            for (path in listOf("", "/", "/jobs", "/jobs/", "/jobs/7", "/%3Cno%20page%3E", "/log?status=exception")) {
                if (base == "" && path == "") continue
                withClue(base + path) { get(base + path).body() shouldContain "href=\"$base/assets/dashboard.css\"" }
            }
            get("$base/assets/dashboard.css").headers().firstValue("Content-Type").get() shouldContain "text/css"
        }
    }

    test("a stream tells when to read again") {
        val stream = client.send(HttpRequest.newBuilder(URI("$site/events")).build(), BodyHandlers.ofLines())
        stream.headers().firstValue("Content-Type").get() shouldContain "text/event-stream"
        stream.body().use { lines -> lines.filter { it == "event: tick" }.limit(3).count() shouldBe 3 }
    }

    test("who may not see it gets nothing, a reader changes nothing, and a form has a bound") {
        get("/closed").statusCode() shouldBe 403
        get("/closed/jobs").statusCode() shouldBe 403
        post("/admin/a%20queue/pause", "entrypoint=mail").statusCode() shouldBe 403
        post("/pause", "entrypoint=" + "x".repeat(1_000_001)).statusCode() shouldBe 413
        post("/pause", "entrypoint=mail").statusCode() shouldBe 303
    }
})
