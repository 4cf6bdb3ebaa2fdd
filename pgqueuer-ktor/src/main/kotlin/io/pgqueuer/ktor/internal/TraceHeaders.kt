package io.pgqueuer.ktor.internal

import io.ktor.server.request.ApplicationRequest
import io.pgqueuer.NewJob
import io.pgqueuer.port.TraceHeader

/** The trace context of a request in the headers of a job, in the [TraceHeader]. */
internal object TraceHeaders {
    /** The form of `traceparent`, by W3C Trace Context. Anything else does not come from a tracer. */
    private val traceparent = Regex("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

    /** A tracer may drop a longer `tracestate`, by the same source. */
    private const val LONGEST_STATE = 512

    /** Returns [job] with the context of [request]; as it is if the request has none, or if the job has one already. */
    fun of(request: ApplicationRequest, job: NewJob): NewJob {
        val parent = request.headers["traceparent"]?.takeIf(traceparent::matches)
        if (parent == null || TraceHeader.isIn(job)) return job
        val state = request.headers["tracestate"]?.takeIf { it.isNotBlank() && it.length <= LONGEST_STATE }
        return TraceHeader.addTo(job, listOfNotNull("traceparent" to parent, state?.let { "tracestate" to it }).toMap())
    }
}
