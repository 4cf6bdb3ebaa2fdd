package io.pgqueuer.opentelemetry

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.opentelemetry.api.GlobalOpenTelemetry
import io.opentelemetry.api.OpenTelemetry
import io.opentelemetry.api.baggage.Baggage
import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.SpanContext
import io.opentelemetry.api.trace.SpanKind
import io.opentelemetry.api.trace.TraceFlags
import io.opentelemetry.api.trace.TraceState
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator
import io.opentelemetry.context.Context
import io.opentelemetry.context.propagation.ContextPropagators
import io.opentelemetry.context.propagation.TextMapPropagator
import io.opentelemetry.sdk.trace.samplers.Sampler
import io.pgqueuer.NewJob
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.opentelemetry.internal.SpanElement
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

internal val DRAIN = RunOptions { mode = RunMode.DRAIN }

/** The trace as a whole. */
class TraceSpec : FunSpec({
    test("a request, its enqueue, the run, the retry and what the handler enqueues are one trace") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            val id = spans.inRequest { backend.queue.enqueue("mail") { delay = 1.hours } }
            backend.worker {
                entrypoint("mail", { retry = RetryPolicy.fixed(2, 5.seconds) }) {
                    delay(1.seconds)
                    if (attempt == 1) error("try again")
                    queue.enqueue("report")
                }
                entrypoint("report") {}
            }.run(DRAIN)

            val request = spans.one("GET /")
            val send = spans.one("send mail")
            val (first, second) = spans.all("process mail")
            val followUp = spans.one("send report")
            val report = spans.one("process report")
            listOf(send, first, second, followUp, report).map { it.parentSpanId } shouldContainExactly
                listOf(request.spanId, send.spanId, send.spanId, second.spanId, followUp.spanId)
            spans.all.map { it.traceId }.distinct() shouldHaveSize 1
            spans.all shouldHaveSize 6
            listOf(send, first, second).map { it["messaging.message.id"] }.distinct() shouldContainExactly
                listOf("$id")
            listOf(first, second).map { it["messaging.pgqueuer.attempt"] } shouldContainExactly listOf(1L, 2L)
            listOf(first, second).map { it.linked } shouldContainExactly List(2) { listOf(send.spanId) }
        }
    }

    test("with links, each run begins a trace of its own") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) { creation = Creation.LINK } }
            spans.inRequest { backend.queue.enqueue("mail") }
            // The span in which a worker runs is no parent of its jobs.
            spans.inRequest { backend.worker { entrypoint("mail") { queue.enqueue("report") } }.run(DRAIN) }
            val send = spans.one("send mail")
            val run = spans.one("process mail")
            run.parentSpanContext.isValid shouldBe false
            run.linked shouldContainExactly listOf(send.spanId)
            spans.one("send report").traceId shouldBe run.traceId
            spans.all.map { it.traceId }.distinct() shouldHaveSize 3
        }
    }

    test("baggage travels with the job") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            val baggage = Baggage.builder().put("tenant", "a").build()
            withContext(SpanElement(Context.current().with(baggage))) { backend.queue.enqueue("mail") }
            var seen: String? = null
            backend.worker { entrypoint("mail") { seen = Baggage.current().getEntryValue("tenant") } }.run(DRAIN)
            seen shouldBe "a"
        }
    }

    test("a trace that is not sampled stays so, and goes on") {
        runTest {
            val spans = RecordedSpans(Sampler.parentBased(Sampler.alwaysOff()))
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            var sent: SpanContext? = null
            var seen: SpanContext? = null
            spans.inRequest {
                sent = Span.current().spanContext
                backend.queue.enqueueAll(List(2) { NewJob("mail") })
            }
            backend.worker { entrypoint("mail") { seen = Span.current().spanContext } }.run(DRAIN)
            seen?.traceId shouldBe sent?.traceId
            seen?.isSampled shouldBe false
            spans.all.shouldBeEmpty()
        }
    }

    test("without an SDK, the context of the caller travels to the handler") {
        runTest {
            val w3c = ContextPropagators.create(W3CTraceContextPropagator.getInstance())
            val backend = inMemoryBackend { traceWith(OpenTelemetry.propagating(w3c)) }
            val remote = SpanContext.createFromRemoteParent(
                "0af7651916cd43dd8448eb211c80319c",
                "b7ad6b7169203331",
                TraceFlags.getSampled(),
                TraceState.getDefault(),
            )
            withContext(SpanElement(Context.root().with(Span.wrap(remote)))) {
                backend.queue.enqueueAll(List(2) { NewJob("mail") })
            }
            val seen = mutableListOf<String>()
            backend.worker { entrypoint("mail") { seen += Span.current().spanContext.spanId } }.run(DRAIN)
            seen shouldContainExactly List(2) { "b7ad6b7169203331" }
        }
    }

    test("an SDK without a propagator gets that of W3C") {
        runTest {
            val spans = RecordedSpans(propagator = TextMapPropagator.noop())
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            backend.queue.enqueue("mail")
            backend.worker { entrypoint("mail") {} }.run(DRAIN)
            spans.one("process mail").parentSpanId shouldBe spans.one("send mail").spanId
        }
    }

    test("the no-op implementation adds nothing") {
        runTest {
            JobTracing.of(OpenTelemetry.noop()).run {
                jobInterceptor.shouldBeNull()
                enqueueCallInterceptor.shouldBeNull()
            }
            // This one is not the same object.
            val backend = inMemoryBackend { traceWith(GlobalOpenTelemetry.get()) }
            val ids = backend.queue.enqueueAll(List(2) { NewJob("mail") }) + backend.queue.enqueue("mail")
            ids.map { backend.insights.job(it)?.headers } shouldContainExactly List(3) { null }
            var seen: Context? = null
            backend.worker { entrypoint("mail") { seen = Context.current() } }.run(DRAIN)
            seen shouldBe Context.root()
        }
    }

    test("spans are of the kinds that the conventions ask for") {
        runTest {
            val spans = RecordedSpans()
            val backend = inMemoryBackend { traceWith(spans.openTelemetry) }
            backend.queue.enqueue("mail")
            backend.queue.enqueueAll(List(2) { NewJob("mail") })
            backend.worker { entrypoint("mail") {} }.run(DRAIN)
            spans.all.groupBy({ it.name }) { it.kind } shouldBe mapOf(
                "send mail" to listOf(SpanKind.PRODUCER, SpanKind.CLIENT),
                "create mail" to List(2) { SpanKind.PRODUCER },
                "process mail" to List(3) { SpanKind.CONSUMER },
            )
        }
    }
})
