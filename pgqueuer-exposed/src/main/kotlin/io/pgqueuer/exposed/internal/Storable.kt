package io.pgqueuer.exposed.internal

import io.pgqueuer.domain.FailureRecord
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** This record as JSON that `jsonb` accepts: it refuses NUL, and no text can hold a lone surrogate. */
internal fun FailureRecord.toJsonb(): String =
    json.encodeToJsonElement(FailureRecord.serializer(), this).storable().toString()

/** Headers as JSON that `jsonb` accepts. */
internal fun JsonObject.toJsonb(): String = storable().toString()

/** Reads headers; JSON `null`, which Python writes for "none", and whatever else is no object, is none. */
internal fun readHeaders(jsonb: String?): JsonObject? = jsonb?.let { json.parseToJsonElement(it) as? JsonObject }

/** Reads a log row's record; null where there is none that can be understood. */
internal fun readFailure(jsonb: String?): FailureRecord? = jsonb
    ?.let(json::parseToJsonElement)
    ?.takeUnless { it is JsonNull }
    ?.let { runCatching { json.decodeFromJsonElement(FailureRecord.serializer(), it) }.getOrNull() }

private val json = Json { ignoreUnknownKeys = true }

private fun JsonElement.storable(): JsonElement = when (this) {
    is JsonObject -> JsonObject(entries.associate { (name, value) -> name.storable() to value.storable() })

    is JsonArray -> JsonArray(map { it.storable() })

    is JsonPrimitive -> when {
        isString -> JsonPrimitive(content.storable())
        isJson -> this
        else -> JsonPrimitive(content)
    }
}

/** Numbers like NaN are legal here and not in JSON. */
private val JsonPrimitive.isJson: Boolean
    get() = this is JsonNull || content == "true" || content == "false" || content.toDoubleOrNull()?.isFinite() == true

/** This text as PostgreSQL can store it. Encoding puts '?' in place of a lone surrogate. */
internal fun String.storable(): String = encodeToByteArray().decodeToString().replace('\u0000', '\uFFFD')
