package io.pgqueuer.opentelemetry.internal

import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.SpanKind
import io.opentelemetry.api.trace.Tracer
import io.opentelemetry.context.Context
import io.pgqueuer.JobContext
import io.pgqueuer.JobInterceptor
import io.pgqueuer.JobOutcome
import io.pgqueuer.RetryRequested
import io.pgqueuer.opentelemetry.Creation
import io.pgqueuer.opentelemetry.TracingOptions
import java.util.concurrent.ConcurrentHashMap

/**
 * Makes the spans of handlers' runs.
 *
 * The context in which the worker was started is no part of them. Otherwise all jobs of a worker would belong to the
 * trace of its start.
 */
internal class ProcessSpans(
    private val tracer: Tracer,
    private val headers: CreationHeaders,
    private val options: TracingOptions,
) : JobInterceptor {
    /** The spans of the current runs, by the context of the run. */
    private val spans = ConcurrentHashMap<JobContext, Span>()

    override suspend fun intercept(context: JobContext, next: suspend () -> Unit) {
        val creation = headers.read(context.job.headers)
        val span = start(context, creation)
        if (!span.spanContext.isValid) return next()
        if (span.isRecording) spans[context] = span
        within(creation.with(span), next)
    }

    private fun start(context: JobContext, creation: Context): Span {
        val job = context.job
        val builder = tracer.messagingSpan("process", job.entrypoint, SpanKind.CONSUMER)
            .setAttribute(MessagingAttributes.MESSAGE_ID, job.id.toString())
            .setAttribute(MessagingAttributes.CLIENT_ID, context.lease.workerId.toString())
            .setAttribute(MessagingAttributes.ATTEMPT, context.attempt.toLong())
        val created = Span.fromContext(creation).spanContext
        if (created.isValid) builder.addLink(created)
        when (options.creation) {
            Creation.PARENT -> builder.setParent(creation)
            Creation.LINK -> builder.setNoParent()
        }
        return builder.startSpan()
    }

    override fun onOutcome(context: JobContext, outcome: JobOutcome) {
        val span = spans.remove(context) ?: return
        try {
            span.setOutcome(outcome)
        } finally {
            span.end()
        }
    }

    private fun Span.setOutcome(outcome: JobOutcome) {
        setAttribute(MessagingAttributes.OUTCOME, outcome.label)
        when (outcome) {
            is JobOutcome.Retried ->
                if (!outcome.isAskedFor) setError(outcome.failure, options.recordExceptions)

            is JobOutcome.Failed -> setError(outcome.failure, options.recordExceptions)

            is JobOutcome.Held -> setError(outcome.failure, options.recordExceptions)

            is JobOutcome.LeaseLost -> setError(outcome.label)

            is JobOutcome.Succeeded, is JobOutcome.Released, is JobOutcome.Canceled -> Unit
        }
    }

    private companion object {
        const val JAVA_RETRY_REQUESTED = "io.pgqueuer.java.RetryRequested"

        val JobOutcome.label: String
            get() = when (this) {
                is JobOutcome.Succeeded -> "succeeded"
                is JobOutcome.Retried -> "retried"
                is JobOutcome.Failed -> "failed"
                is JobOutcome.Held -> "held"
                is JobOutcome.Released -> "released"
                is JobOutcome.Canceled -> "canceled"
                is JobOutcome.LeaseLost -> "lease_lost"
            }

        /** Whether the handler asked to run again, without a failure as the cause. That is no error. */
        val JobOutcome.Retried.isAskedFor: Boolean
            get() = exception.let { it is RetryRequested || it?.javaClass?.name == JAVA_RETRY_REQUESTED }
    }
}
