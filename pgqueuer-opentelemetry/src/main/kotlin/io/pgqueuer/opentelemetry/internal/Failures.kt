package io.pgqueuer.opentelemetry.internal

import io.opentelemetry.api.common.Attributes
import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.StatusCode
import io.pgqueuer.FailureRecord

/** Sets the status to an error of this [type], with no more of it. */
internal fun Span.setError(type: String, description: String = "") {
    setAttribute(MessagingAttributes.ERROR_TYPE, type)
    setStatus(StatusCode.ERROR, description)
}

/** Sets the status to the [failure] of a handler. The texts of the record are safe, those of the exception are not. */
internal fun Span.setError(failure: FailureRecord, recordExceptions: Boolean) {
    if (!recordExceptions) return setError(failure.type)
    setError(failure.type, failure.message)
    addEvent(
        "exception",
        Attributes.of(
            MessagingAttributes.EXCEPTION_TYPE,
            failure.type,
            MessagingAttributes.EXCEPTION_MESSAGE,
            failure.message,
            MessagingAttributes.EXCEPTION_STACK_TRACE,
            failure.stackTrace,
        ),
    )
}

/** Sets the status to the [failure] of a call that enqueues. */
internal fun Span.setError(failure: Throwable, recordExceptions: Boolean) {
    setError(failure::class.qualifiedName ?: failure.javaClass.name)
    if (recordExceptions) recordException(failure)
}
