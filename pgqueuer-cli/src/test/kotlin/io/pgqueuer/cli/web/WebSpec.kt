package io.pgqueuer.cli.web

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.cli.PgqProcess
import io.pgqueuer.cli.Queue
import io.pgqueuer.cli.pgq
import io.pgqueuer.cli.shouldBeAnError
import io.pgqueuer.test.PostgresFixture
import io.pgqueuer.web.DashboardRole
import java.net.ServerSocket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import java.util.Base64
import kotlin.time.Duration.Companion.seconds

class WebSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }
    val queue = Queue(server.newDatabase())
    val client = HttpClient.newHttpClient()

    fun get(address: String, user: String? = null) = client.send(
        HttpRequest.newBuilder(URI(address)).apply { user?.let { header("Authorization", basic(it)) } }.build(),
        BodyHandlers.ofString(),
    )

    fun pause(address: String, user: String? = null) = client.send(
        HttpRequest.newBuilder(URI(address + "pause"))
            .header("Origin", address.removeSuffix("/"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .apply { user?.let { header("Authorization", basic(it)) } }
            .POST(HttpRequest.BodyPublishers.ofString("entrypoint=mail")).build(),
        BodyHandlers.ofString(),
    )

    suspend fun serving(
        vararg args: String,
        variables: Map<String, String> = emptyMap(),
        test: suspend (String) -> Unit,
    ) {
        PgqProcess("web", "--port", "0", *args, environment = mapOf("PGQUEUER_DSN" to queue.database.dsn) + variables)
            .use { process ->
                eventually(30.seconds) { process.out shouldContain "the dashboard is at" }
                test(process.out.substringAfter("at ").substringBefore(','))
                process.signal("INT")
                process.await().exitCode shouldBe 130
            }
    }

    test("on this machine, everybody operates the queue, unless it is read-only") {
        serving { address ->
            get(address).run {
                statusCode() shouldBe 200
                body() shouldContain "Overview"
            }
            get(address + "assets/dashboard.js").statusCode() shouldBe 200
            pause(address).statusCode() shouldBe 303
            queue.pgq("resume", "mail").exitCode shouldBe 0
        }
        serving("--read-only") { address ->
            get(address).statusCode() shouldBe 200
            pause(address).statusCode() shouldBe 403
        }
        queue.pgq("pauses").out shouldBe ""
    }

    test("with users, nobody else gets in, and a reader changes nothing") {
        val users = mapOf("PGQUEUER_WEB_OPERATOR" to "ann:secret", "PGQUEUER_WEB_READER" to "team:look")
        serving(variables = users) { address ->
            for (wrong in listOf(null, "ann:wrong", "ann:", "team:secret", ":")) {
                get(address, wrong).statusCode() shouldBe
                    401
            }
            get(address, "ann:wrong").headers().firstValue("WWW-Authenticate").get() shouldContain "Basic"
            get(address, "team:look").statusCode() shouldBe 200
            pause(address, "team:look").statusCode() shouldBe 403
            pause(address, "ann:secret").statusCode() shouldBe 303
            queue.pgq("resume", "mail").exitCode shouldBe 0
        }
    }

    test("an address that others can reach needs users, and a page of another site gets nothing") {
        queue.pgq("web", "--host", "0.0.0.0").run {
            exitCode shouldBe 2
            err shouldContain "PGQUEUER_WEB_OPERATOR"
            err shouldContain "--insecure"
        }
        val access = Access(emptyList(), DashboardRole.OPERATE, anyHost = false)
        for (host in listOf("localhost:8090", "127.0.0.1:8090", "[::1]:8090")) {
            access.roleOf(null, host) shouldBe
                DashboardRole.OPERATE
        }
        val others = listOf("evil.org:8090", "127.evil.org", "127.0.0.1.evil.org:8090", "localhost.evil.org", "", null)
        for (host in others) access.roleOf(null, host) shouldBe null
    }

    test("wrong settings end with an error that says what to do") {
        ServerSocket(0).use { taken ->
            queue.pgq("web", "--port", "${taken.localPort}").shouldBeAnError("cannot listen", "--port")
        }
        pgq(
            "web",
            "--port",
            "0",
            environment = mapOf(
                "PGQUEUER_DSN" to queue.database.dsn,
                "PGQUEUER_WEB_OPERATOR" to "ann",
            ),
        )
            .run {
                shouldBeAnError("PGQUEUER_WEB_OPERATOR must be NAME:PASSWORD")
                err shouldNotContain "ann"
            }
        pgq("web", environment = mapOf("PGQUEUER_DSN" to server.newDatabase().dsn)).shouldBeAnError("pgq install")
    }
})

private fun basic(user: String) = "Basic " + Base64.getEncoder().encodeToString(user.encodeToByteArray())
