package io.pgqueuer.ktor.internal

import io.ktor.server.request.ApplicationRequest
import io.pgqueuer.NewJob
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** The trace context of a request in the headers of a job, in the format of `pgqueuer-opentelemetry` and of Python. */
internal object TraceHeaders {
    private const val OTEL = "otel"

    /** The form of `traceparent`, by W3C Trace Context. Anything else does not come from a tracer. */
    private val traceparent = Regex("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

    /** A tracer may drop a longer `tracestate`, by the same source. */
    private const val LONGEST_STATE = 512

    /** Returns [job] with the context of [request]; as it is if the request has none, or if the job has one already. */
    fun of(request: ApplicationRequest, job: NewJob): NewJob {
        val parent = request.headers["traceparent"]?.takeIf(traceparent::matches)
        if (parent == null || job.headers?.containsKey(OTEL) == true) return job
        val state = request.headers["tracestate"]?.takeIf { it.isNotBlank() && it.length <= LONGEST_STATE }
        val fields = listOfNotNull("traceparent" to parent, state?.let { "tracestate" to it })
        val context = JsonObject(fields.associate { (name, value) -> name to JsonPrimitive(value) })
        return job.with { headers = JsonObject(headers.orEmpty() + (OTEL to context)) }
    }
}
