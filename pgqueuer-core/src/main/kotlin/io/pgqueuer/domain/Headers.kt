package io.pgqueuer.domain

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** Builds job headers from pairs of text: `headersOf("traceparent" to "00-…")`. For other JSON, build a [JsonObject]. */
public fun headersOf(vararg pairs: Pair<String, String>): JsonObject =
    JsonObject(pairs.associate { (name, value) -> name to JsonPrimitive(value) })
