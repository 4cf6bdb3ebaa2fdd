package io.pgqueuer.ktor

import ch.qos.logback.classic.Level
import ch.qos.logback.classic.Logger
import ch.qos.logback.classic.spi.ILoggingEvent
import ch.qos.logback.core.read.ListAppender
import io.kotest.assertions.nondeterministic.eventually
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.ktor.client.request.header
import io.ktor.client.request.post
import io.ktor.client.statement.bodyAsText
import io.ktor.http.HttpStatusCode
import io.ktor.server.application.Application
import io.ktor.server.application.install
import io.ktor.server.config.MapApplicationConfig
import io.ktor.server.response.respondText
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import io.ktor.server.testing.ApplicationTestBuilder
import io.ktor.server.testing.testApplication
import io.pgqueuer.Backend
import io.pgqueuer.DifferenceType
import io.pgqueuer.JobStatus
import io.pgqueuer.SchemaDifference
import io.pgqueuer.SchemaException
import io.pgqueuer.SchemaManager
import io.pgqueuer.SchemaMode
import io.pgqueuer.WorkerEvent
import io.pgqueuer.headersOf
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.CompletableDeferred
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.slf4j.LoggerFactory
import kotlin.time.Duration.Companion.seconds

private const val PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

class PgQueuerSpec : FunSpec({
    fun Application.enqueueing() = routing {
        post("/orders") { call.respondText("${call.enqueue("order", "42")}", status = HttpStatusCode.Accepted) }
    }

    suspend fun ApplicationTestBuilder.order(vararg headers: Pair<String, String>) =
        client.post("/orders") { headers.forEach { (name, value) -> header(name, value) } }.bodyAsText().toLong()

    test("a call enqueues, a worker runs the job, and both end with the application") {
        val backend = Closeable(inMemoryBackend())
        val seen = CompletableDeferred<String?>()
        testApplication {
            install(PgQueuer) {
                backend { backend }
                worker { entrypoint("order") { seen.complete(it.payloadText) } }
            }
            application { enqueueing() }
            order() shouldBe 1L
            seen.await() shouldBe "42"
            eventually(5.seconds) { application.pgQueuer.isHealthy() shouldBe true }
        }
        backend.isClosed shouldBe true
    }

    test("a backend of the application stays open, and what was enqueued is in it") {
        val backend = Closeable(inMemoryBackend())
        testApplication {
            install(PgQueuer) { backend(backend) }
            application { enqueueing() }
            order()
            application.pgQueuer.isHealthy() shouldBe true
            application.pgQueuer.queue shouldBe backend.queue
        }
        backend.isClosed shouldBe false
        backend.insights.jobs().map { it.entrypoint } shouldContainExactly listOf("order")
    }

    test("a job belongs to the trace of its request, unless that has none or a wrong one") {
        val backend = inMemoryBackend()
        testApplication {
            install(PgQueuer) { backend(backend) }
            application {
                enqueueing()
                routing {
                    post("/own") {
                        call.respondText("${call.enqueue("order") { headers = headersOf("otel" to "mine") }}")
                    }
                }
            }
            val traced = order("traceparent" to PARENT, "tracestate" to "vendor=1")
            order()
            order("traceparent" to "robert'); drop table")
            order("traceparent" to PARENT, "tracestate" to "x".repeat(600))
            client.post("/own") { header("traceparent", PARENT) }
            val jobs = backend.insights.jobs().associate { it.id.value to it.headers }
            jobs[traced] shouldBe JsonObject(
                mapOf(
                    "otel" to JsonObject(
                        mapOf("traceparent" to JsonPrimitive(PARENT), "tracestate" to JsonPrimitive("vendor=1")),
                    ),
                ),
            )
            jobs[2].shouldBeNull()
            jobs[3].shouldBeNull()
            (jobs.getValue(4)?.get("otel") as JsonObject).keys shouldBe setOf("traceparent")
            jobs[5] shouldBe headersOf("otel" to "mine")
        }
    }

    test("the configuration decides whether workers run, and what is done about the schema") {
        val backend = inMemoryBackend()
        backend.schema.uninstall()
        testApplication {
            environment {
                config = MapApplicationConfig("pgqueuer.runWorkers" to "false", "pgqueuer.schema" to "install")
            }
            install(PgQueuer) {
                backend(backend)
                worker { entrypoint("order") { } }
            }
            application { enqueueing() }
            order()
        }
        backend.insights.jobs().map { it.status } shouldContainExactly listOf(JobStatus.QUEUED)
    }

    test("an application whose schema is not there does not start, and says what to do; its backend is closed") {
        val backend = Closeable(inMemoryBackend().apply { schema.uninstall() })
        shouldThrow<SchemaException> {
            testApplication {
                install(PgQueuer) {
                    backend { backend }
                    schema = SchemaMode.VALIDATE
                }
                startApplication()
            }
        }.message shouldContain "install"
        backend.isClosed shouldBe true
    }

    test("a worker whose run fails starts again: a job that was enqueued when the tables were there at last is run") {
        val backend = inMemoryBackend().apply { schema.uninstall() }
        val failed = CompletableDeferred<Unit>()
        val ran = CompletableDeferred<Unit>()
        testApplication {
            install(PgQueuer) {
                backend(backend)
                schema = SchemaMode.NONE
                worker {
                    observe { if (it is WorkerEvent.RunFailed) failed.complete(Unit) }
                    entrypoint("order") { ran.complete(Unit) }
                }
            }
            application { enqueueing() }
            startApplication()
            failed.await()
            application.pgQueuer.isHealthy() shouldBe false
            backend.schema.install()
            order()
            ran.await()
            eventually(5.seconds) { application.pgQueuer.isHealthy() shouldBe true }
        }
    }

    test("a worker that is not to start again ends with its first failure") {
        val backend = inMemoryBackend().apply { schema.uninstall() }
        val restarts = mutableListOf<WorkerEvent>()
        testApplication {
            install(PgQueuer) {
                backend(backend)
                schema = SchemaMode.NONE
                worker({ restartOnFailure = false }) {
                    observe { restarts += it }
                    entrypoint("order") { }
                }
            }
            startApplication()
        }
        restarts.shouldBeEmpty()
    }

    test("differences with which the queue works are logged as warnings, one line each") {
        val logged = ListAppender<ILoggingEvent>().apply { start() }
        val logger = LoggerFactory.getLogger("io.pgqueuer.ktor.PgQueuer") as Logger
        val level = logger.level
        logger.level = Level.WARN
        logger.addAppender(logged)
        try {
            testApplication {
                install(PgQueuer) {
                    backend { WithWarnings(inMemoryBackend(), "first", "second") }
                    schema = SchemaMode.VALIDATE
                }
                startApplication()
            }
        } finally {
            logger.detachAppender(logged)
            logger.level = level
        }
        logged.list.filter { it.level == Level.WARN }.map { it.formattedMessage } shouldContainExactly
            listOf("index first is not needed; drop it", "index second is not needed; drop it")
    }

    test("what is wrong in the configuration is named, and the application does not start") {
        fun failureOf(config: MapApplicationConfig, configure: PgQueuerConfig.() -> Unit) =
            shouldThrow<IllegalArgumentException> {
                testApplication {
                    environment { this.config = config }
                    install(PgQueuer, configure)
                    startApplication()
                }
            }.message

        failureOf(MapApplicationConfig()) { } shouldContain "no backend is set; add backend {"
        failureOf(MapApplicationConfig("pgqueuer.schema" to "create")) { } shouldContain
            "pgqueuer.schema must be one of none, validate, install, upgrade, was 'create'"
        failureOf(MapApplicationConfig("pgqueuer.runWorkers" to "maybe")) { } shouldContain
            "pgqueuer.runWorkers must be true or false, was 'maybe'"
        failureOf(MapApplicationConfig()) {
            backend { inMemoryBackend() }
            worker { entrypoint("") { } }
        } shouldContain "entrypoint"
    }

    test("without the plugin, a call says what to install") {
        testApplication {
            application {
                routing {
                    post("/orders") {
                        val failure = shouldThrow<IllegalStateException> { call.enqueue("order") }
                        call.respondText(failure.message.orEmpty())
                    }
                }
            }
            client.post("/orders").bodyAsText() shouldContain "install(PgQueuer)"
        }
    }
})

private class Closeable(
    private val backend: Backend,
) : Backend by backend {
    var isClosed = false
        private set

    override fun close() {
        backend.close()
        isClosed = true
    }
}

/** A queue with unneeded indexes of these [names]. */
private class WithWarnings(
    private val backend: Backend,
    private vararg val names: String,
) : Backend by backend {
    override val schema: SchemaManager = object : SchemaManager by backend.schema {
        override suspend fun prepare(mode: SchemaMode) = names.map { name ->
            SchemaDifference(
                kind = "index",
                name,
                of = null,
                DifferenceType.LEFT_OVER,
                isError = false,
                found = null,
                expected = null,
                problem = "index $name is not needed",
                fix = "drop it",
            )
        }
    }
}
