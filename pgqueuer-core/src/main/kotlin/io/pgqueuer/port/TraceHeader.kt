package io.pgqueuer.port

import io.pgqueuer.NewJob
import io.pgqueuer.PgQueuerSpi
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/**
 * The header of a job that carries the trace context of its creation: `{"otel": {"traceparent": "00-…", …}}`.
 *
 * The format is that of Python PgQueuer (`pgqueuer/adapters/tracing/opentelemetry.py`). The fields of the inner object are
 * those of a propagator, usually W3C Trace Context.
 */
@PgQueuerSpi
public object TraceHeader {
    /** The name of the header. */
    public const val NAME: String = "otel"

    /** Whether [job] has a context already, of whatever form. */
    public fun isIn(job: NewJob): Boolean = job.headers?.containsKey(NAME) == true

    /** Returns [job] with the context that [fields] carry, instead of its own. Without fields, returns it as it is. */
    public fun addTo(job: NewJob, fields: Map<String, String>): NewJob {
        if (fields.isEmpty()) return job
        val context = JsonObject(fields.mapValues { (_, value) -> JsonPrimitive(value) })
        return job.with { headers = JsonObject(headers.orEmpty() + (NAME to context)) }
    }
}
