package io.pgqueuer.web.servlet

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.web.Dashboard
import io.pgqueuer.web.DashboardRole
import org.apache.catalina.Context
import org.apache.catalina.startup.Tomcat
import java.net.Socket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandlers
import java.nio.file.Files
import java.time.Duration
import java.util.logging.Level
import java.util.logging.Logger
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The servlet, in a real container. */
class DashboardServletSpec : FunSpec({
    val backend = inMemoryBackend()
    val dashboard = Dashboard(backend) { refreshEvery = 500.milliseconds }
    val tomcat = Tomcat()
    val client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build()
    val streams = DashboardServlet(dashboard)
    // Its pages are longer than what a system takes at once for a client that does not read.
    val wordy = Dashboard(backend) { title = "x".repeat(20_000_000) }
    val long = DashboardServlet(wordy)
    val log = Logger.getLogger("org.apache").apply { level = Level.OFF }
    lateinit var site: String

    fun Context.serve(servlet: DashboardServlet, at: String) {
        val wrapper = Tomcat.addServlet(this, at, servlet)
        wrapper.isAsyncSupported = true
        addServletMapping(at, at)
    }

    beforeSpec {
        val folder = Files.createTempDirectory("dashboard").toFile()
        tomcat.setBaseDir(folder.path)
        tomcat.setPort(0)
        // A container that gives up on asynchronous requests soon.
        tomcat.connector.asyncTimeout = 1_000
        tomcat.addContext("", folder.path).apply {
            serve(DashboardServlet(dashboard) { DashboardRole.OPERATE }, "/")
            serve(DashboardServlet(dashboard), "/admin/a queue/*")
            serve(streams, "/streams/*")
            serve(long, "/long/*")
            serve(DashboardServlet(dashboard) { null }, "/closed/*")
            Tomcat.addServlet(this, "blocking", DashboardServlet(dashboard))
            addServletMapping("/blocking/*", "blocking")
        }
        tomcat.addContext("/an app", folder.path).serve(DashboardServlet(dashboard) { DashboardRole.OPERATE }, "/*")
        tomcat.start()
        site = "http://127.0.0.1:${tomcat.connector.localPort}"
    }
    afterSpec {
        tomcat.stop()
        tomcat.destroy()
        dashboard.close()
        wordy.close()
        backend.close()
        log.level = null
    }

    fun send(request: HttpRequest.Builder): HttpResponse<String> =
        client.send(request.timeout(Duration.ofSeconds(20)).build(), BodyHandlers.ofString())

    fun request(path: String) = HttpRequest.newBuilder(URI(site + path))

    fun get(path: String) = send(request(path))

    fun post(path: String, body: String, origin: String? = site) = send(
        request(path).header("Content-Type", "application/x-www-form-urlencoded").POST(BodyPublishers.ofString(body))
            .apply { origin?.let { header("Origin", it) } },
    )

    fun HttpResponse<*>.header(name: String) = headers().firstValue(name).orElse(null)

    test("links lead to the dashboard, wherever it is and however the address is written") {
        for (base in listOf("", "/admin/a%20queue", "/an%20app")) {
            for (path in listOf("", "/", "/jobs", "/jobs/", "/jobs/7", "/%3Cno%20page%3E", "/log?status=exception")) {
                if (base == "" && path == "") continue
                withClue(base + path) { get(base + path).body() shouldContain "href=\"$base/assets/dashboard.css\"" }
            }
            get("$base/assets/dashboard.css").header("Content-Type") shouldContain "text/css"
        }
        get("//127.0.0.1/jobs").body() shouldNotContain "href=\"//"
    }

    test("pages and assets come whole, with all headers; HEAD has the headers only") {
        val page = get("/admin/a%20queue/log?filter=status%3Aexception+entrypoint%3Agr%C3%BC%C3%9Fe")
        page.statusCode() shouldBe 200
        page.body() shouldContain "grüße"
        page.body() shouldContain "</html>"
        page.header("Content-Security-Policy") shouldContain "frame-ancestors 'none'"
        page.header("Cache-Control") shouldBe "no-store"
        val script = get("/assets/dashboard.js")
        script.header("Content-Length") shouldBe script.body().encodeToByteArray().size.toString()

        val head = send(request("/assets/dashboard.js").method("HEAD", BodyPublishers.noBody()))
        head.statusCode() shouldBe 200
        head.header("Content-Length") shouldBe script.header("Content-Length")
        send(request("/streams/events").method("HEAD", BodyPublishers.noBody())).header("Content-Type") shouldContain
            "text/event-stream"
    }

    test("who may not see it gets nothing, a reader changes nothing, and a form has a bound") {
        get("/closed").statusCode() shouldBe 403
        get("/closed/jobs").statusCode() shouldBe 403
        post("/admin/a%20queue/pause", "entrypoint=mail").statusCode() shouldBe 403
        post("/pause", "entrypoint=" + "x".repeat(1_000_001)).statusCode() shouldBe 413
        backend.insights.pauses() shouldBe emptyList()
        send(request("/").method("PUT", BodyPublishers.noBody())).statusCode() shouldBe 405
    }

    test("an operator changes the queue from the dashboard, and from no other site") {
        post("/pause", "entrypoint=mail", origin = "https://evil.example").statusCode() shouldBe 403
        post("/pause", "entrypoint=mail", origin = null).statusCode() shouldBe 403
        backend.insights.pauses() shouldBe emptyList()

        val changed = post("/an%20app/pause?entrypoint=other", "entrypoint=gr%C3%BC%C3%9Fe&back=%2Fentrypoints")
        changed.statusCode() shouldBe 303
        changed.header("Location") shouldContain "/an%20app/entrypoints?notice="
        backend.insights.pauses().map { it.entrypoint } shouldBe listOf("grüße")
    }

    test("a stream outlives the container's timeout, and ends when the client leaves") {
        val stream = client.send(request("/streams/events").build(), BodyHandlers.ofLines())
        stream.header("Content-Type") shouldContain "text/event-stream"
        stream.body().use { lines ->
            lines.filter { it == "event: tick" }.limit(8).count() shouldBe 8
            streams.openCalls() shouldBe 1
        }
        eventually(20.seconds) { streams.openCalls() shouldBe 0 }
    }

    test("many streams hold no thread of the container") {
        val open = List(300) { Socket("127.0.0.1", tomcat.connector.localPort) }
        open.forEach {
            it.soTimeout = 20_000
            it.getOutputStream().write("GET /streams/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encodeToByteArray())
        }
        open.forEach { it.getInputStream().read() shouldBe 'H'.code }
        streams.openCalls() shouldBe 300
        get("/jobs").statusCode() shouldBe 200

        open.forEach(Socket::close)
        eventually(20.seconds) { streams.openCalls() shouldBe 0 }
    }

    test("a client that reads slowly gets a long page whole, and keeps nobody waiting") {
        Socket("127.0.0.1", tomcat.connector.localPort).use { slow ->
            slow.soTimeout = 20_000
            val request = "GET /long/jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            slow.getOutputStream().write(request.encodeToByteArray())
            eventually(20.seconds) { long.openCalls() shouldBe 1 }
            get("/jobs").statusCode() shouldBe 200
            long.openCalls() shouldBe 1

            val answer = slow.getInputStream().readAllBytes().decodeToString()
            val length = answer.substringAfter("Content-Length: ").substringBefore("\r\n").toInt()
            answer.substringAfter("\r\n\r\n").encodeToByteArray().size shouldBe length
        }
        eventually(20.seconds) { long.openCalls() shouldBe 0 }
    }

    test("a servlet that may not answer asynchronously says what to set") {
        get("/blocking/").let {
            it.statusCode() shouldBe 500
            it.body() shouldContain "asyncSupported"
        }
    }

    test("streams end with the servlet, and with the dashboard") {
        val other = Dashboard(backend)
        for (end in listOf("servlet", "dashboard")) {
            val servlet = DashboardServlet(other)
            val context = tomcat.addContext("/$end", Files.createTempDirectory("dashboard").toString())
            context.serve(servlet, "/*")
            val stream = client.send(request("/$end/events").build(), BodyHandlers.ofLines())
            val lines = stream.body().iterator()
            lines.next() shouldBe "event: tick"
            if (end == "servlet") servlet.destroy() else other.close()
            eventually(20.seconds) { servlet.openCalls() shouldBe 0 }
            while (lines.hasNext()) lines.next()
        }
    }
})
