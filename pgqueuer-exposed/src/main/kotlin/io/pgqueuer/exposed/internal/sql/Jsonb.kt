package io.pgqueuer.exposed.internal.sql

import io.pgqueuer.domain.FailureRecord
import io.pgqueuer.port.storable
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject

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
