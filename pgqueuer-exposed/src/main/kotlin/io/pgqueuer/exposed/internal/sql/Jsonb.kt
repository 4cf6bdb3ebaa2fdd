package io.pgqueuer.exposed.internal.sql

import io.pgqueuer.FailureRecord
import io.pgqueuer.NewJob
import io.pgqueuer.port.storable
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject

/**
 * This record as JSON that `jsonb` accepts. `jsonb` refuses NUL, text cannot hold a lone surrogate, and neither can
 * hold characters that are not in the [encoding] of the database.
 */
internal fun FailureRecord.toJsonb(encoding: ServerEncoding?): String {
    val text = json.encodeToJsonElement(FailureRecord.serializer(), this).storable().toString()
    return encoding?.storable(text) ?: text
}

/** Headers as JSON that `jsonb` accepts. */
internal fun JsonObject.toJsonb(): String = storable().toString()

/**
 * Reads headers. JSON `null`, which Python writes for "none", and anything else that is not an object count as none.
 *
 * @throws IllegalArgumentException if they cannot be read because they are nested too deep.
 */
internal fun readHeaders(jsonb: String?): JsonObject? = jsonb?.let {
    requireReadable(it)
    json.parseToJsonElement(it) as? JsonObject
}

/** Like [readHeaders]; null if they cannot be read. */
internal fun readHeadersOrNull(jsonb: String?): JsonObject? = runCatching { readHeaders(jsonb) }.getOrNull()

/** Reads any JSON; null if it cannot be read because it is nested too deep. */
internal fun readJson(jsonb: String): JsonElement? = runCatching {
    requireReadable(jsonb)
    json.parseToJsonElement(jsonb)
}.getOrNull()

/** Reads the failure record of a log row; null if there is none, or it cannot be read. */
internal fun readFailure(jsonb: String?): FailureRecord? = jsonb
    ?.let {
        runCatching {
            requireReadable(it)
            json.parseToJsonElement(it).takeUnless { it is JsonNull }
                ?.let { json.decodeFromJsonElement(FailureRecord.serializer(), it) }
        }.getOrNull()
    }

/**
 * Checks how deep [jsonb] is nested, without recursion: reading or printing JSON that is much deeper overflows the
 * stack. The text of `jsonb` is normalized, and its brackets are balanced.
 */
private fun requireReadable(jsonb: String) {
    if (jsonb.length <= MAX_DEPTH) return
    var depth = 0
    var inString = false
    var index = 0
    while (index < jsonb.length) {
        when (jsonb[index]) {
            '"' -> inString = !inString
            '\\' -> index++
            '{', '[' -> if (!inString) depth++
            '}', ']' -> if (!inString) depth--
        }
        require(depth <= MAX_DEPTH) { "headers are nested more than $MAX_DEPTH deep" }
        index++
    }
}

/** A limit for values that others store. Our own are nested less deep: [NewJob.MAX_HEADERS_DEPTH]. */
private const val MAX_DEPTH = 2 * NewJob.MAX_HEADERS_DEPTH

private val json = Json { ignoreUnknownKeys = true }
