package io.pgqueuer.opentelemetry

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.StatusCode
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.NewJob
import io.pgqueuer.exposed.PostgresBackend
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.enqueue
import io.pgqueuer.exposed.enqueueAll
import io.pgqueuer.exposed.inOwnTransaction
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.test.PostgresFixture
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.transactions.suspendTransaction
import java.sql.DriverManager
import java.util.concurrent.ConcurrentHashMap

/** Tracing on a real queue. */
class PostgresTracingSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    suspend fun <T> traced(block: suspend (PostgresBackend, RecordedSpans, String) -> T): T {
        val database = server.newDatabase()
        val spans = RecordedSpans()
        return postgresBackend(PostgresSettings.parse(database.dsn)) {
            traceWith(spans.openTelemetry)
        }.use { backend ->
            backend.schema.install()
            block(backend, spans, database.jdbcUrl)
        }
    }

    test("however a job is enqueued, its span leads from the caller to the handler") {
        traced { backend, spans, url ->
            spans.inRequest {
                backend.queue.enqueue("mail")
                backend.queue.inOwnTransaction().enqueue("mail")
                DriverManager.getConnection(url).use { connection ->
                    connection.autoCommit = false
                    backend.queue.enqueue(connection, NewJob("mail"))
                    backend.queue.enqueueAll(connection, List(2) { NewJob("mail") })
                    connection.commit()
                }
                suspendTransaction(Database.connect(url)) { backend.queue.enqueue("mail") }
                coroutineScope { List(3) { async { backend.queue.enqueue("mail") } }.awaitAll() }
            }
            val seen = ConcurrentHashMap.newKeySet<String>()
            backend.worker { blockingEntrypoint("mail") { seen += Span.current().spanContext.spanId } }.run(DRAIN)

            val request = spans.one("GET /")
            val sends = spans.all("send mail")
            val creations = spans.all("create mail")
            val runs = spans.all("process mail")
            (sends + creations).map { it.parentSpanId }.distinct() shouldContainExactly listOf(request.spanId)
            runs shouldHaveSize 9
            runs.map { it.parentSpanId } shouldContainExactlyInAnyOrder
                (sends.filter { it["messaging.batch.message_count"] == null } + creations).map { it.spanId }
            runs.associate { it["messaging.message.id"] to it.parentSpanId } shouldBe
                (sends + creations).filter { it["messaging.message.id"] != null }
                    .associate { it["messaging.message.id"] to it.spanId }
            seen shouldBe runs.map { it.spanId }.toSet()
            spans.all.map { it.traceId }.distinct() shouldHaveSize 1
        }
    }

    test("an enqueue that fails in the caller's transaction is an error") {
        traced { backend, spans, url ->
            DriverManager.getConnection(url).use { connection ->
                connection.autoCommit = false
                val job = NewJob("mail") { dedupeKey = "k" }
                backend.queue.enqueue(connection, job)
                shouldThrow<DuplicateJobException> { backend.queue.enqueue(connection, job) }
                connection.rollback()
            }
            val (first, second) = spans.all("send mail")
            first["messaging.message.id"].shouldNotBeNull()
            first.status.statusCode shouldBe StatusCode.UNSET
            second["error.type"] shouldBe "io.pgqueuer.DuplicateJobException"
            backend.insights.queueSize().shouldBeEmpty()
        }
    }
})
