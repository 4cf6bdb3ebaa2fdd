package io.pgqueuer.cli.run

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.cli.Queue
import io.pgqueuer.cli.execute
import io.pgqueuer.cli.pgq
import io.pgqueuer.cli.query
import io.pgqueuer.cli.shouldBeAnError
import io.pgqueuer.cli.temporaryFolder
import io.pgqueuer.test.PostgresFixture
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlin.io.path.div
import kotlin.io.path.writeText
import kotlin.time.Duration.Companion.seconds

private const val WORKERS = "io.pgqueuer.cli.TestWorkersKt"

/** `pgq run` with several workers, restarts and JSON logs. */
class RunGroupSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    test("several workers share the queue, and one signal stops them all") {
        val queue = Queue(server.newDatabase())
        queue.database.execute(
            "INSERT INTO pgqueuer (priority, status, entrypoint) SELECT 0, 'queued', 'endless' FROM generate_series(1, 3)",
        )
        queue.start(
            "run", "$WORKERS::endless", "--workers", "3", "--max-concurrent-tasks", "1", "--prefetch", "0",
            "--shutdown-timeout", "1s",
        ).use { run ->
            eventually(30.seconds) {
                queue.database.query(
                    "SELECT DISTINCT queue_manager_id FROM pgqueuer WHERE status = 'picked'",
                ) shouldHaveSize
                    3
            }
            run.signal("TERM")
            val ended = run.await()
            ended.exitCode shouldBe 0
            ended.err shouldContain "succeeded 0, failed 0, held 0, retried 0, released 3"
        }
        queue.statuses() shouldBe List(3) { "queued" }
    }

    test("the reports of several workers are added up") {
        val queue = Queue(server.newDatabase())
        repeat(2) { queue.pgq("queue", "echo") }
        queue.pgq("run", "$WORKERS::echoing", "--mode", "drain", "--workers", "2").err shouldContain
            "succeeded 2, failed 0"
    }

    test("a worker that fails is started again until it runs") {
        val queue = Queue(server.newDatabase())
        queue.pgq("uninstall", "--yes")
        queue.start("run", "$WORKERS::echoing", "--mode", "drain", "--restart-on-failure").use { run ->
            eventually(30.seconds) { run.err shouldContain "the worker failed; it is started again in 1s: " }
            queue.pgq("install").exitCode shouldBe 0
            run.await().exitCode shouldBe 0
        }
    }

    test("a signal ends a worker that waits for its restart, and its failure is the error") {
        val queue = Queue(server.newDatabase())
        queue.pgq("uninstall", "--yes")
        queue.start("run", "$WORKERS::echoing", "--restart-on-failure").use { run ->
            eventually(30.seconds) { run.err shouldContain "it is started again in" }
            run.signal("TERM")
            run.await().run {
                exitCode shouldBe 1
                err.trim().lines().last() shouldContain "pgq: "
            }
        }
        queue.pgq("run", "$WORKERS::echoing", "--mode", "drain").shouldBeAnError("pgq install")
    }

    test("messages are JSON objects on one line each, if asked for") {
        val queue = Queue(server.newDatabase())
        queue.pgq("queue", "breaks")
        val ended = queue.pgq("run", "$WORKERS::breaking", "--mode", "drain", "--log-format", "json")
        ended.exitCode shouldBe 0
        val messages = ended.err.trim().lines().map { Json.parseToJsonElement(it).jsonObject }
        messages.map { it.getValue("level").jsonPrimitive.content } shouldBe listOf("ERROR", "INFO")
        messages.first().getValue("message").jsonPrimitive.content shouldContain "failed for good"
        messages.last().getValue("message").jsonPrimitive.content shouldContain "succeeded 0, failed 1"
    }

    test("a configuration of Logback sets the format, and cannot be combined with JSON") {
        val queue = Queue(server.newDatabase())
        queue.pgq("queue", "breaks")
        val configuration = (temporaryFolder("logging") / "logback.xml").apply {
            writeText(
                """
                <configuration>
                  <appender name="mine" class="ch.qos.logback.core.ConsoleAppender">
                    <target>System.err</target>
                    <encoder><pattern>MINE %level %msg%n</pattern></encoder>
                  </appender>
                  <root level="ERROR"><appender-ref ref="mine"/></root>
                </configuration>
                """,
            )
        }

        fun run(vararg options: String) = pgq(
            "run",
            "$WORKERS::breaking",
            "--mode",
            "drain",
            *options,
            environment = queue.environment + ("JAVA_TOOL_OPTIONS" to "-Dlogback.configurationFile=$configuration"),
        )

        run("--log-format", "json").run {
            exitCode shouldBe 2
            err shouldContain "Error: --log-format json does not work with -Dlogback.configurationFile=$configuration"
        }
        queue.statuses() shouldBe listOf("queued")
        run().err shouldContain Regex("(?m)^MINE ERROR .*failed for good")
    }
})
