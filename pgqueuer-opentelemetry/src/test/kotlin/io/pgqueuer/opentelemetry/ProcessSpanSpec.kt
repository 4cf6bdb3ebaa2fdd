package io.pgqueuer.opentelemetry

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.StatusCode
import io.opentelemetry.context.Context
import io.opentelemetry.context.propagation.TextMapGetter
import io.opentelemetry.context.propagation.TextMapPropagator
import io.opentelemetry.context.propagation.TextMapSetter
import io.opentelemetry.sdk.trace.data.SpanData
import io.pgqueuer.Backend
import io.pgqueuer.BackendOptions
import io.pgqueuer.EntrypointOptions
import io.pgqueuer.JobContext
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RetryRequested
import io.pgqueuer.Worker
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.jobType
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** The spans of handlers' runs. */
class ProcessSpanSpec : FunSpec({
    /** Runs one job that nobody traced when it was enqueued, and returns its first span. */
    suspend fun spanOf(
        headers: String? = null,
        options: EntrypointOptions.() -> Unit = {},
        tracing: TracingOptions.() -> Unit = {},
        handler: suspend JobContext.() -> Unit = {},
    ): SpanData {
        val spans = RecordedSpans()
        val plain = inMemoryBackend()
        val traced = StoreBackend(plain.store, BackendOptions { traceWith(spans.openTelemetry, tracing) })
        plain.queue.enqueue("mail") { this.headers = headers?.let { Json.parseToJsonElement(it).jsonObject } }
        traced.worker { entrypoint("mail", options) { handler() } }.run(DRAIN)
        return spans.all("process mail").first()
    }

    test("a job without headers has a span, which begins a trace") {
        runTest {
            val span = spanOf()
            span.parentSpanContext.isValid shouldBe false
            span.links.shouldBeEmpty()
            span.operation shouldContainExactly listOf("pgqueuer", "process", "process", "mail")
            span["messaging.message.id"] shouldBe "1"
            span["messaging.pgqueuer.attempt"] shouldBe 1L
            span["messaging.pgqueuer.outcome"] shouldBe "succeeded"
            span["messaging.client.id"] shouldNotBe null
            span.status.statusCode shouldBe StatusCode.UNSET
        }
    }

    for ((key, more) in listOf("otel" to ""","tracestate":"a=b","baggage":"tenant=t1"""", "logfire" to "")) {
        test("the context that Python writes under '$key' is the parent") {
            runTest {
                val span = spanOf("""{"$key":{"traceparent":"$TRACEPARENT"$more},"own":"1"}""")
                span.traceId shouldBe TRACE_ID
                span.parentSpanId shouldBe SPAN_ID
                span.linked shouldContainExactly listOf(SPAN_ID)
            }
        }
    }

    test("the context under 'otel' wins over others") {
        runTest {
            val other = TRACEPARENT.replace(SPAN_ID, "00f067aa0ba902b7")
            spanOf("""{"logfire":{"traceparent":"$other"},"otel":{"traceparent":"$TRACEPARENT"}}""")
                .parentSpanId shouldBe SPAN_ID
        }
    }

    for (malformed in listOf(
        """{"otel":null}""",
        """{"otel":"$TRACEPARENT"}""",
        """{"otel":[1]}""",
        """{"otel":{}}""",
        """{"otel":{"traceparent":7,"tracestate":{},"baggage":[]}}""",
        """{"otel":{"traceparent":"00-abc-def-01"}}""",
        """{"otel":{"traceparent":"${"0".repeat(100_000)}","baggage":"=;,=%%%"}}""",
        """{"traceparent":"$TRACEPARENT"}""",
    )) {
        test("headers that carry no context harm nothing: ${malformed.take(60)}") {
            runTest {
                val span = spanOf(malformed)
                span.parentSpanContext.isValid shouldBe false
                span["messaging.pgqueuer.outcome"] shouldBe "succeeded"
            }
        }
    }

    test("a propagator that fails to read harms nothing") {
        runTest {
            val span = spanOf("""{"otel":{"traceparent":"$TRACEPARENT"}}""", tracing = { propagator = Broken })
            span.parentSpanContext.isValid shouldBe false
            span["messaging.pgqueuer.outcome"] shouldBe "succeeded"
        }
    }

    test("a failure that is retried is an error, without its message") {
        runTest {
            val span = spanOf(options = { retry = RetryPolicy.fixed(2, 5.seconds) }) { if (attempt == 1) throw Odd() }
            span["messaging.pgqueuer.outcome"] shouldBe "retried"
            span["error.type"] shouldBe "io.pgqueuer.opentelemetry.Odd"
            span.status.statusCode shouldBe StatusCode.ERROR
            span.events.shouldBeEmpty()
            ("secret" in span.toString()) shouldBe false
        }
    }

    test("a handler that asks to run again has not failed, unless it says why") {
        runTest {
            val asked = spanOf { if (attempt == 1) throw RetryRequested(1.minutes, "not ready") }
            asked["messaging.pgqueuer.outcome"] shouldBe "retried"
            asked["error.type"].shouldBeNull()
            asked.status.statusCode shouldBe StatusCode.UNSET

            val caused = spanOf { if (attempt == 1) throw RetryRequested(1.minutes, cause = Odd()) }
            caused["messaging.pgqueuer.outcome"] shouldBe "retried"
            caused["error.type"] shouldBe "io.pgqueuer.opentelemetry.Odd"
        }
    }

    for ((onFailure, outcome) in listOf(OnFailure.HOLD to "held", OnFailure.DELETE to "failed")) {
        test("a job that failed for good is $outcome") {
            runTest {
                val span = spanOf(
                    options = {
                        retry = RetryPolicy.NONE
                        this.onFailure = onFailure
                    },
                ) { throw Odd() }
                span["messaging.pgqueuer.outcome"] shouldBe outcome
                span["error.type"] shouldBe "io.pgqueuer.opentelemetry.Odd"
                span.status.statusCode shouldBe StatusCode.ERROR
            }
        }
    }

    test("an exception is recorded if that is asked for") {
        runTest {
            val span =
                spanOf(options = { retry = RetryPolicy.NONE }, tracing = { recordExceptions = true }) { throw Odd() }
            span.status.description shouldBe "secret"
            val event = span.events.single()
            event.name shouldBe "exception"
            val values = event.attributes.asMap().mapKeys { (key) -> key.key }
            values["exception.type"] shouldBe "io.pgqueuer.opentelemetry.Odd"
            values["exception.message"] shouldBe "secret"
            values["exception.stacktrace"].toString() shouldContain "ProcessSpanSpec"
        }
    }

    test("a payload that cannot be decoded is an error of the run") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            backend.queue.enqueue("count", "no number")
            backend.worker { entrypoint(jobType<Int>("count")) {} }.run(DRAIN)
            spans.one("process count")["error.type"] shouldBe "io.pgqueuer.UndecodablePayloadException"
        }
    }

    test("a canceled job and one that is given back are no errors, a lost lease is") {
        runTest {
            val outcomes = listOf("cancel", "stop").associateWith { end ->
                interrupted { backend, worker, id ->
                    if (end == "cancel") backend.queue.cancel(listOf(id)) else worker.shutdown()
                }
            }
            outcomes.mapValues { (_, span) -> span["messaging.pgqueuer.outcome"] } shouldBe
                mapOf("cancel" to "canceled", "stop" to "released")
            outcomes.values.map { it.status.statusCode } shouldContainExactly List(2) { StatusCode.UNSET }

            val lost = interrupted { backend, _, _ -> backend.queue.clear("mail") }
            lost["messaging.pgqueuer.outcome"] shouldBe "lease_lost"
            lost["error.type"] shouldBe "lease_lost"
            lost.status.statusCode shouldBe StatusCode.ERROR
        }
    }

    test("a handler that ends although it was cancelled has ended") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            val id = backend.queue.enqueue("mail")
            val worker = backend.worker { entrypoint("mail") { withContext(NonCancellable) { delay(3.seconds) } } }
            val run = launch { worker.run { shutdownTimeout = 1.seconds } }
            delay(1.seconds)
            worker.shutdown()
            run.join()
            spans.one("process mail")["messaging.pgqueuer.outcome"] shouldBe "succeeded"
            backend.insights.lastStatuses(listOf(id))[id] shouldBe JobStatus.SUCCESSFUL
        }
    }

    test("the handler runs within its span on whatever thread, and the thread is left as it was") {
        runTest {
            val seen = mutableListOf<String>()
            val span = spanOf {
                seen += Span.current().spanContext.spanId
                yield()
                withContext(Dispatchers.IO) { seen += Span.current().spanContext.spanId }
                seen += Span.current().spanContext.spanId
            }
            seen shouldContainExactly List(3) { span.spanId }
            Context.current() shouldBe Context.root()
        }
    }

    test("a blocking handler runs within its span") {
        val spans = RecordedSpans()
        val seen = mutableListOf<String>()
        // Not in virtual time, so that it runs on a thread for blocking handlers.
        val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
        backend.queue.enqueue("mail")
        backend.worker { blockingEntrypoint("mail") { seen += Span.current().spanContext.spanId } }.run(DRAIN)
        seen shouldContainExactly listOf(spans.one("process mail").spanId)
    }

    test("runs at the same time keep their spans apart") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            val sent = List(5) { backend.queue.enqueue("mail") }.map { "$it" }
            val seen = mutableMapOf<String, List<String>>()
            backend.worker {
                entrypoint("mail") { job ->
                    val before = Span.current().spanContext.spanId
                    delay((10 - job.id.value).seconds)
                    seen["${job.id}"] = listOf(before, Span.current().spanContext.spanId)
                }
            }.run(DRAIN)
            seen shouldBe
                spans.all("process mail").associate { "${it["messaging.message.id"]}" to List(2) { _ -> it.spanId } }
            seen.keys shouldBe sent.toSet()
        }
    }

    test("the span of a delivery ends with its answer") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            backend.queue.enqueue("orders")
            backend.queue.consume("orders").first { delivery ->
                spans.all("process orders").shouldBeEmpty()
                delivery.ack()
                true
            }
            spans.all.map { it.name to it["messaging.pgqueuer.outcome"] } shouldContain
                ("process orders" to "succeeded")
        }
    }
})

/** Returns the span of a job whose handler waits until [end] ends it. */
private suspend fun TestScope.interrupted(end: suspend (Backend, Worker, JobId) -> Unit): SpanData {
    val spans = RecordedSpans()
    val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
    val id = backend.queue.enqueue("mail")
    val started = CompletableDeferred<Unit>()
    val worker = backend.worker {
        entrypoint("mail") {
            started.complete(Unit)
            awaitCancellation()
        }
    }
    val run = launch { worker.run { shutdownTimeout = 1.seconds } }
    started.await()
    end(backend, worker, id)
    delay(1.minutes)
    worker.shutdown()
    run.join()
    return spans.one("process mail")
}

private const val TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
private const val SPAN_ID = "b7ad6b7169203331"
private const val TRACEPARENT = "00-$TRACE_ID-$SPAN_ID-01"

internal class Odd : RuntimeException("secret")

private object Broken : TextMapPropagator {
    override fun fields() = listOf("traceparent")

    override fun <C> inject(context: Context, carrier: C?, setter: TextMapSetter<C>) = Unit

    override fun <C> extract(context: Context, carrier: C?, getter: TextMapGetter<C>): Context = error("broken")
}
