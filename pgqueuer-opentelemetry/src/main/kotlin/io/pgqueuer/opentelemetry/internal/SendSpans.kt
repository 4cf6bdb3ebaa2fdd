package io.pgqueuer.opentelemetry.internal

import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.SpanKind
import io.opentelemetry.api.trace.Tracer
import io.opentelemetry.context.Context
import io.pgqueuer.EnqueueCall
import io.pgqueuer.EnqueueCallInterceptor
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.opentelemetry.TracingOptions

/**
 * Makes the spans of calls that enqueue. Each job gets the context of the span that creates it.
 *
 * A job is created by the `send` span if it is alone, as Python PgQueuer does it, or if the batch is large. Then the
 * kind of the span is PRODUCER. Otherwise each job has a span `create`, and the `send` span is a CLIENT that links to
 * them.
 */
internal class SendSpans(
    private val tracer: Tracer,
    private val headers: CreationHeaders,
    private val options: TracingOptions,
) : EnqueueCallInterceptor {
    override fun begin(jobs: List<NewJob>): EnqueueCall {
        val caller = Context.current()
        val creations = if (jobs.size > 1 &&
            jobs.size <= options.createSpansUpTo
        ) {
            creations(jobs, caller)
        } else {
            emptyList()
        }
        val kind = if (creations.isEmpty()) SpanKind.PRODUCER else SpanKind.CLIENT
        val send = tracer.messagingSpan("send", jobs.commonEntrypoint(), kind).setParent(caller)
        if (jobs.size > 1) send.setAttribute(MessagingAttributes.MESSAGE_COUNT, jobs.size.toLong())
        creations.forEach { send.addLink(it.spanContext) }
        val span = send.startSpan()
        if (!span.spanContext.isValid) return Untraced(jobs)
        val created = jobs.mapIndexed { index, job ->
            headers.with(caller.with(creations.getOrElse(index) { span }), job)
        }
        return Traced(created, span, creations)
    }

    /** Empty if nothing is traced. */
    private fun creations(jobs: List<NewJob>, caller: Context): List<Span> {
        val creations = ArrayList<Span>(jobs.size)
        for (job in jobs) {
            val span = tracer.messagingSpan("create", job.entrypoint, SpanKind.PRODUCER).setParent(caller).startSpan()
            if (!span.spanContext.isValid) return emptyList()
            creations += span
        }
        return creations
    }

    private fun List<NewJob>.commonEntrypoint(): String? =
        first().entrypoint.takeIf { first -> all { it.entrypoint == first } }

    /** @param creations the span of each job; empty if [span] created them all. */
    private inner class Traced(
        override val jobs: List<NewJob>,
        private val span: Span,
        private val creations: List<Span>,
    ) : EnqueueCall {
        override fun stored(ids: List<JobId?>) {
            if (ids.size == 1) span.setId(ids.single())
            creations.forEachIndexed { index, creation -> creation.setId(ids[index]) }
            end()
        }

        override fun failed(failure: Throwable) {
            try {
                span.setError(failure, options.recordExceptions)
            } finally {
                end()
            }
        }

        private fun end() {
            creations.forEach(Span::end)
            span.end()
        }

        private fun Span.setId(id: JobId?) {
            if (id != null) setAttribute(MessagingAttributes.MESSAGE_ID, id.toString())
        }
    }

    private class Untraced(
        override val jobs: List<NewJob>,
    ) : EnqueueCall {
        override fun stored(ids: List<JobId?>) = Unit

        override fun failed(failure: Throwable) = Unit
    }
}
