package io.pgqueuer.opentelemetry

import io.opentelemetry.context.propagation.TextMapPropagator
import io.pgqueuer.Options
import io.pgqueuer.PgQueuerDsl

/** How jobs are traced. */
@PgQueuerDsl
public class TracingOptions internal constructor() : Options() {
    /** How the span of a run refers to the span that created the job; default [Creation.PARENT]. */
    public var creation: Creation by option(Creation.PARENT)

    /**
     * Whether spans get the message and the stack trace of an exception, as the event `exception`; default false,
     * because messages often contain data of users. The type of the exception is always there, as `error.type`.
     */
    public var recordExceptions: Boolean by option(false)

    /**
     * Up to how many jobs of a batch get a span `create` each; default 128, the number of links that a span keeps in
     * OpenTelemetry's SDK. The jobs of a larger batch, and of all batches at 0, are created by the span `send`.
     */
    public var createSpansUpTo: Int by option(128, ">= 0") { it >= 0 }

    /**
     * Writes the context into the headers of a job and reads it from there. Null (default): the propagator of
     * `OpenTelemetry`, or W3C Trace Context if that has none.
     */
    public var propagator: TextMapPropagator? by option(null)
}

/** How the span of a run refers to the span that created its job. */
public enum class Creation {
    /** As its parent: enqueue, runs and what they enqueue are one trace, as in Python PgQueuer. It is also a link. */
    PARENT,

    /** By a link: each run begins a trace of its own. OpenTelemetry's conventions use this by default. */
    LINK,
}
