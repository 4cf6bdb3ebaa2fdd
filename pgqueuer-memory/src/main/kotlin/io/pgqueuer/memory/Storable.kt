package io.pgqueuer.memory

import io.pgqueuer.domain.FailureRecord
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** This record as `jsonb` can store it: without NUL and lone surrogates, which PostgreSQL refuses. */
internal fun FailureRecord.storable(): FailureRecord = copy(
    type = type.storable(),
    message = message.storable(),
    stackTrace = stackTrace.storable(),
    context = context?.let { JsonObject(it.storableEntries()) },
)

private fun JsonElement.storable(): JsonElement = when (this) {
    is JsonObject -> JsonObject(storableEntries())
    is JsonArray -> JsonArray(map { it.storable() })
    is JsonPrimitive -> if (isString) JsonPrimitive(content.storable()) else this
}

private fun JsonObject.storableEntries() = entries.associate { (name, value) -> name.storable() to value.storable() }

// Encoding puts '?' in place of a lone surrogate.
private fun String.storable(): String = encodeToByteArray().decodeToString().replace('\u0000', '\uFFFD')
