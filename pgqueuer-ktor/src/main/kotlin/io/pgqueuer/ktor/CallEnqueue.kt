package io.pgqueuer.ktor

import io.ktor.server.application.ApplicationCall
import io.ktor.server.application.application
import io.pgqueuer.JobId
import io.pgqueuer.JobType
import io.pgqueuer.NewJob
import io.pgqueuer.ktor.internal.TraceHeaders

/**
 * Stores one job of the [application]'s queue, as part of the trace of this request.
 *
 * The trace context of the request (the headers `traceparent` and `tracestate` of W3C Trace Context) travels in the job's
 * header `otel`, in which workers of this library and of Python read it. If the backend traces enqueues itself
 * (`traceWith` of `pgqueuer-opentelemetry`), it writes that header instead.
 *
 * Otherwise behaves like [JobQueue.enqueue][io.pgqueuer.JobQueue.enqueue]: within an Exposed transaction it joins it.
 *
 * @throws IllegalStateException if [PgQueuer] is not installed.
 */
public suspend fun ApplicationCall.enqueue(job: NewJob): JobId =
    application.pgQueuer.queue.enqueue(TraceHeaders.of(request, job))

/** Stores one job with [payload]. Otherwise behaves like the overload with a job. */
public suspend fun ApplicationCall.enqueue(
    entrypoint: String,
    payload: ByteArray? = null,
    configure: NewJob.() -> Unit = {},
): JobId = enqueue(NewJob(entrypoint, payload, configure))

/** Stores one job whose payload is [text] in UTF-8. Otherwise behaves like the overload with a job. */
public suspend fun ApplicationCall.enqueue(entrypoint: String, text: String, configure: NewJob.() -> Unit = {}): JobId =
    enqueue(NewJob(entrypoint, text, configure))

/** Stores one job of a [type], with [value] encoded by the type's codec. Otherwise behaves like the overload with a job. */
public suspend fun <T> ApplicationCall.enqueue(type: JobType<T>, value: T, configure: NewJob.() -> Unit = {}): JobId =
    enqueue(type.newJob(value, configure))
