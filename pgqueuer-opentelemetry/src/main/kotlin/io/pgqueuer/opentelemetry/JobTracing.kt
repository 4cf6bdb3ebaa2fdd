package io.pgqueuer.opentelemetry

import io.opentelemetry.api.OpenTelemetry
import io.pgqueuer.BackendExtension
import io.pgqueuer.BackendOptions
import io.pgqueuer.EnqueueCallInterceptor
import io.pgqueuer.JobInterceptor
import io.pgqueuer.configured
import io.pgqueuer.opentelemetry.internal.CreationHeaders
import io.pgqueuer.opentelemetry.internal.ProcessSpans
import io.pgqueuer.opentelemetry.internal.SendSpans
import java.util.function.Consumer

/**
 * Traces all jobs of the backend with [openTelemetry], from the enqueue to the handler.
 *
 * ```
 * val backend = postgresBackend(settings) { traceWith(openTelemetry) }
 * ```
 *
 * See [JobTracing] for the spans.
 *
 * @throws IllegalArgumentException if an option is out of its bounds.
 */
public fun BackendOptions.traceWith(openTelemetry: OpenTelemetry, configure: TracingOptions.() -> Unit = {}) {
    install(JobTracing.of(openTelemetry, configure))
}

/**
 * Traces jobs with OpenTelemetry. In Kotlin, call [traceWith]. In Java:
 *
 * ```java
 * Backend.postgres(dataSource, options -> options.install(JobTracing.of(openTelemetry)))
 * ```
 *
 * - Each call that enqueues has a span `send {entrypoint}`, which records whether the call failed. A job that is
 *   enqueued alone is created by it. In a batch, each job is created by a span `create {entrypoint}` of its own, up to
 *   [TracingOptions.createSpansUpTo] jobs.
 * - The context of the creation travels in the job's header `otel`, as Python PgQueuer writes and reads it
 *   (`pgqueuer/adapters/tracing/opentelemetry.py`).
 * - Each run of a handler has a span `process {entrypoint}`. A retry has a span of its own. The handler runs with its
 *   span as OpenTelemetry's current context: what it enqueues and logs belongs to the span.
 *
 * Names and attributes follow OpenTelemetry's semantic conventions for messaging (version 1.44). Those are in
 * development and may change, except for `error.type`, which is stable.
 *
 * Spans have no payloads, no headers, and by default no messages of exceptions.
 */
public class JobTracing private constructor(
    override val jobInterceptor: JobInterceptor?,
    override val enqueueCallInterceptor: EnqueueCallInterceptor?,
) : BackendExtension {
    public companion object {
        /** Traces with [openTelemetry] and the default options. */
        @JvmStatic
        public fun of(openTelemetry: OpenTelemetry): JobTracing = of(openTelemetry) {}

        /**
         * Traces with [openTelemetry]. If that is [OpenTelemetry.noop], nothing is added to the backend.
         *
         * @throws IllegalArgumentException if an option is out of its bounds.
         */
        @JvmStatic
        public fun of(openTelemetry: OpenTelemetry, configure: Consumer<TracingOptions>): JobTracing {
            val options = TracingOptions().configured(configure::accept)
            if (openTelemetry === OpenTelemetry.noop()) return JobTracing(null, null)
            val tracer = openTelemetry.getTracer("io.pgqueuer")
            val headers = CreationHeaders(options.propagator ?: CreationHeaders.propagatorOf(openTelemetry))
            return JobTracing(ProcessSpans(tracer, headers, options), SendSpans(tracer, headers, options))
        }
    }
}
