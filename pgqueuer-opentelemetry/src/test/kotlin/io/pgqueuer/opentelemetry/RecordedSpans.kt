package io.pgqueuer.opentelemetry

import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator
import io.opentelemetry.api.common.AttributeKey
import io.opentelemetry.api.trace.SpanKind
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator
import io.opentelemetry.context.Context
import io.opentelemetry.context.propagation.ContextPropagators
import io.opentelemetry.context.propagation.TextMapPropagator
import io.opentelemetry.sdk.OpenTelemetrySdk
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter
import io.opentelemetry.sdk.trace.SdkTracerProvider
import io.opentelemetry.sdk.trace.data.SpanData
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor
import io.opentelemetry.sdk.trace.samplers.Sampler
import io.pgqueuer.opentelemetry.internal.SpanElement
import kotlinx.coroutines.withContext

/** An SDK that keeps the spans that have ended. */
internal class RecordedSpans(
    sampler: Sampler = Sampler.alwaysOn(),
    propagator: TextMapPropagator = TextMapPropagator.composite(
        W3CTraceContextPropagator.getInstance(),
        W3CBaggagePropagator.getInstance(),
    ),
) {
    private val exporter = InMemorySpanExporter.create()

    val openTelemetry: OpenTelemetrySdk = OpenTelemetrySdk.builder()
        .setTracerProvider(
            SdkTracerProvider.builder()
                .setSampler(sampler)
                .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                .build(),
        )
        .setPropagators(ContextPropagators.create(propagator))
        .build()

    val all: List<SpanData> get() = exporter.finishedSpanItems

    fun all(name: String): List<SpanData> = all.filter { it.name == name }

    fun one(name: String): SpanData = all(name).single()

    /** Runs [block] within the span of a request. */
    suspend fun <T> inRequest(block: suspend () -> T): T {
        val span = openTelemetry.getTracer("http").spanBuilder("GET /").setSpanKind(SpanKind.SERVER).startSpan()
        try {
            return withContext(SpanElement(Context.current().with(span))) { block() }
        } finally {
            span.end()
        }
    }
}

internal operator fun SpanData.get(key: String): Any? =
    attributes.asMap().entries.find { (each) -> each.key == key }?.value

internal val SpanData.linked: List<String> get() = links.map { it.spanContext.spanId }

/** The attributes that say where it comes from and what it does. */
internal val SpanData.operation: List<String?>
    get() = listOf(
        "messaging.system",
        "messaging.operation.name",
        "messaging.operation.type",
        "messaging.destination.name",
    )
        .map { attributes.get(AttributeKey.stringKey(it)) }
