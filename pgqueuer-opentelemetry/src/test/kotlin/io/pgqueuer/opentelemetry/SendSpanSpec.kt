package io.pgqueuer.opentelemetry

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.opentelemetry.api.trace.SpanKind
import io.opentelemetry.api.trace.StatusCode
import io.opentelemetry.sdk.trace.data.SpanData
import io.pgqueuer.Backend
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.test.runTest
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonObject

/** The spans of calls that enqueue. */
class SendSpanSpec : FunSpec({
    suspend fun Backend.traceparent(id: JobId?): JsonPrimitive? =
        insights.job(checkNotNull(id))?.headers?.get("otel")?.jsonObject?.get("traceparent") as JsonPrimitive?

    test("a job that is enqueued alone carries the context of the span as Python writes it") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            val id = backend.queue.enqueue("mail") { header("own", "1") }
            val send = spans.one("send mail")
            backend.insights.job(id)?.headers shouldBe JsonObject(
                mapOf(
                    "own" to JsonPrimitive("1"),
                    "otel" to JsonObject(mapOf("traceparent" to JsonPrimitive(send.traceparent))),
                ),
            )
            send.operation shouldContainExactly listOf("pgqueuer", "send", "send", "mail")
            send["messaging.message.id"] shouldBe "$id"
            send["messaging.batch.message_count"].shouldBeNull()
            send.status.statusCode shouldBe StatusCode.UNSET
        }
    }

    test("a header from another job is replaced") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            val first = backend.insights.job(backend.queue.enqueue("mail"))
            val id = backend.queue.enqueue("report") { headers = first?.headers }
            backend.traceparent(id)?.content shouldContain spans.one("send report").spanId
        }
    }

    test("each job of a batch is created by a span of its own, and the send span links to them") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            val ids = spans.inRequest { backend.queue.enqueueAll(listOf(NewJob("mail"), NewJob("report"))) }
            val request = spans.one("GET /")
            val send = spans.one("send")
            val creations = listOf(spans.one("create mail"), spans.one("create report"))
            send.operation shouldContainExactly listOf("pgqueuer", "send", "send", null)
            send["messaging.batch.message_count"] shouldBe 2L
            send["messaging.message.id"].shouldBeNull()
            send.linked shouldContainExactly creations.map { it.spanId }
            (creations + send).map { it.parentSpanId } shouldContainExactly List(3) { request.spanId }
            creations.map { it.operation } shouldContainExactly
                listOf("mail", "report").map { listOf("pgqueuer", "create", "create", it) }
            creations.map { it["messaging.message.id"] } shouldContainExactly ids.map { "$it" }
            ids.map { backend.traceparent(it)?.content } shouldContainExactly
                creations.map { it.traceparent }
        }
    }

    test("the jobs of a large batch are created by the send span") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) { createSpansUpTo = 2 } }
            val ids = backend.queue.enqueueAll(List(3) { NewJob("mail") })
            val send = spans.all.single()
            send.name shouldBe "send mail"
            send.kind shouldBe SpanKind.PRODUCER
            send.linked.shouldBeEmpty()
            ids.map { backend.traceparent(it)?.content }.distinct() shouldContainExactly
                listOf(send.traceparent)
            backend.queue.enqueueAll(List(2) { NewJob("mail") })
            spans.all("create mail") shouldHaveSize 2
        }
    }

    test("a job that was left out has no id") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            val job = NewJob("mail") { dedupeKey = "k" }
            val id = backend.queue.enqueue(job)
            backend.queue.enqueue(job, OnConflict.SKIP)
            spans.all.map { it["messaging.message.id"] } shouldContainExactly listOf("$id", null)
        }
    }

    test("a failed enqueue is an error, without its message") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            val job = NewJob("mail") { dedupeKey = "ann@example.org" }
            shouldThrow<DuplicateJobException> { backend.queue.enqueueAll(listOf(job, job)) }
            val send = spans.one("send mail")
            send.status.statusCode shouldBe StatusCode.ERROR
            send["error.type"] shouldBe "io.pgqueuer.DuplicateJobException"
            spans.all("create mail") shouldHaveSize 2
            spans.all.filter { "ann@example.org" in it.toString() }.shouldBeEmpty()
        }
    }

    test("an exception is recorded if that is asked for") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) { recordExceptions = true } }
            val job = NewJob("mail") { dedupeKey = "k7" }
            shouldThrow<DuplicateJobException> { backend.queue.enqueueAll(listOf(job, job)) }
            val event = spans.one("send mail").events.single()
            event.name shouldBe "exception"
            event.attributes.toString() shouldContain "k7"
        }
    }

    test("a limit of spans for a batch must not be negative") {
        val spans = RecordedSpans()
        shouldThrow<IllegalArgumentException> {
            inMemoryBackend { traceWith(spans.openTelemetry) { createSpansUpTo = -1 } }
        }.message shouldBe "createSpansUpTo must be >= 0, was -1"
    }
})

/** With the flags that the SDK sets: newer ones also say that the id is random. */
private val SpanData.traceparent get() = "00-$traceId-$spanId-${spanContext.traceFlags.asHex()}"
