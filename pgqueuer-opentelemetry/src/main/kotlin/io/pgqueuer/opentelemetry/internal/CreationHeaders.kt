package io.pgqueuer.opentelemetry.internal

import io.opentelemetry.api.OpenTelemetry
import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator
import io.opentelemetry.context.Context
import io.opentelemetry.context.propagation.TextMapGetter
import io.opentelemetry.context.propagation.TextMapPropagator
import io.opentelemetry.context.propagation.TextMapSetter
import io.pgqueuer.NewJob
import io.pgqueuer.port.TraceHeader
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.slf4j.LoggerFactory

/**
 * The headers of a job that carry the context of its creation.
 *
 * They are written as the [TraceHeader]. Python's adapters for Logfire and Sentry write the same under `logfire` and
 * `sentry`. Logfire's fields are those of W3C Trace Context. Sentry's can be read by Sentry's propagator only.
 */
internal class CreationHeaders(
    private val propagator: TextMapPropagator,
) {
    /** Returns [job] with the span of [context] as its creation. A context that it has is replaced. */
    fun with(context: Context, job: NewJob): NewJob {
        val fields = HashMap<String, String>()
        propagator.inject(context, fields, Setter)
        return TraceHeader.addTo(job, fields)
    }

    /**
     * Returns the context of the creation that [headers] carry, without a span if they carry none. Never throws:
     * headers are other people's data.
     */
    fun read(headers: JsonObject?): Context {
        if (headers == null) return Context.root()
        var found = Context.root()
        for (key in KEYS) {
            val fields = headers[key] as? JsonObject ?: continue
            val context = extract(fields)
            if (Span.fromContext(context).spanContext.isValid) return context
            if (key == TraceHeader.NAME) found = context
        }
        return found
    }

    private fun extract(fields: JsonObject): Context = try {
        propagator.extract(Context.root(), fields, Getter)
    } catch (e: Exception) {
        log.debug("cannot read the context of a job's creation", e)
        Context.root()
    }

    private object Setter : TextMapSetter<MutableMap<String, String>> {
        override fun set(carrier: MutableMap<String, String>?, key: String, value: String) {
            carrier?.put(key, value)
        }
    }

    private object Getter : TextMapGetter<JsonObject> {
        // Deprecated in newer versions of OpenTelemetry; the oldest that we support needs it.
        @Suppress("OVERRIDE_DEPRECATION")
        override fun keys(carrier: JsonObject): Iterable<String> = carrier.keys

        override fun get(carrier: JsonObject?, key: String): String? =
            (carrier?.get(key) as? JsonPrimitive)?.takeIf { it.isString }?.content
    }

    companion object {
        private val KEYS = listOf(TraceHeader.NAME, "logfire", "sentry")
        private val log = LoggerFactory.getLogger(CreationHeaders::class.java)

        /** The propagator of [openTelemetry]. An SDK that is built by hand often has none. */
        fun propagatorOf(openTelemetry: OpenTelemetry): TextMapPropagator {
            val own = openTelemetry.propagators.textMapPropagator
            return if (own.fields().isEmpty()) W3CTraceContextPropagator.getInstance() else own
        }
    }
}
