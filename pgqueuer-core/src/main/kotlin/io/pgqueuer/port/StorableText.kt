package io.pgqueuer.port

import io.pgqueuer.PgQueuerSpi
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/**
 * Returns this text in a form that every store can keep: NUL becomes the replacement character U+FFFD, and a lone
 * surrogate becomes `?`.
 *
 * PostgreSQL refuses NUL in text and `jsonb`; UTF-8 has no lone surrogates.
 */
@PgQueuerSpi
public fun String.storable(): String = encodeToByteArray().decodeToString().replace('\u0000', '\uFFFD')

/** Returns this JSON with every name and text made [storable]. Numbers that JSON does not have (NaN) become text. */
@PgQueuerSpi
public fun JsonElement.storable(): JsonElement = when (this) {
    is JsonObject -> storable()

    is JsonArray -> JsonArray(map { it.storable() })

    is JsonPrimitive -> when {
        isString -> JsonPrimitive(content.storable())
        isJson -> this
        else -> JsonPrimitive(content)
    }
}

/** Returns this object with everything in it made [storable]. */
@PgQueuerSpi
public fun JsonObject.storable(): JsonObject =
    JsonObject(entries.associate { (name, value) -> name.storable() to value.storable() })

private val JsonPrimitive.isJson: Boolean
    get() = this is JsonNull || content == "true" || content == "false" || content.toDoubleOrNull()?.isFinite() == true
