package io.pgqueuer.opentelemetry.internal

import io.opentelemetry.api.common.AttributeKey
import io.opentelemetry.api.common.AttributeKey.longKey
import io.opentelemetry.api.common.AttributeKey.stringKey
import io.opentelemetry.api.trace.SpanBuilder
import io.opentelemetry.api.trace.SpanKind
import io.opentelemetry.api.trace.Tracer

/**
 * The attributes of spans.
 *
 * Names and values are those of OpenTelemetry's semantic conventions for messaging spans, version 1.44
 * (`docs/messaging/messaging-spans.md`). All are in development there, except for `error.type`, which is stable. What
 * the conventions do not have stands below `messaging.pgqueuer`, as they ask for.
 */
internal object MessagingAttributes {
    /** The value of Python PgQueuer. */
    const val SYSTEM_NAME = "pgqueuer"

    val SYSTEM: AttributeKey<String> = stringKey("messaging.system")
    val DESTINATION: AttributeKey<String> = stringKey("messaging.destination.name")
    val OPERATION_NAME: AttributeKey<String> = stringKey("messaging.operation.name")
    val OPERATION_TYPE: AttributeKey<String> = stringKey("messaging.operation.type")
    val MESSAGE_ID: AttributeKey<String> = stringKey("messaging.message.id")
    val MESSAGE_COUNT: AttributeKey<Long> = longKey("messaging.batch.message_count")

    /** The worker. */
    val CLIENT_ID: AttributeKey<String> = stringKey("messaging.client.id")
    val ERROR_TYPE: AttributeKey<String> = stringKey("error.type")

    /** The number of the run: 1 for the first, one more for every retry. */
    val ATTEMPT: AttributeKey<Long> = longKey("messaging.pgqueuer.attempt")

    /** How the run ended. */
    val OUTCOME: AttributeKey<String> = stringKey("messaging.pgqueuer.outcome")

    val EXCEPTION_TYPE: AttributeKey<String> = stringKey("exception.type")
    val EXCEPTION_MESSAGE: AttributeKey<String> = stringKey("exception.message")
    val EXCEPTION_STACK_TRACE: AttributeKey<String> = stringKey("exception.stacktrace")
}

/**
 * Begins a span of an [operation], whose name and type are the same.
 *
 * @param entrypoint null if the span is about jobs of several entrypoints.
 */
internal fun Tracer.messagingSpan(operation: String, entrypoint: String?, kind: SpanKind): SpanBuilder {
    val builder = spanBuilder(if (entrypoint == null) operation else "$operation $entrypoint")
        .setSpanKind(kind)
        .setAttribute(MessagingAttributes.SYSTEM, MessagingAttributes.SYSTEM_NAME)
        .setAttribute(MessagingAttributes.OPERATION_NAME, operation)
        .setAttribute(MessagingAttributes.OPERATION_TYPE, operation)
    if (entrypoint != null) builder.setAttribute(MessagingAttributes.DESTINATION, entrypoint)
    return builder
}
