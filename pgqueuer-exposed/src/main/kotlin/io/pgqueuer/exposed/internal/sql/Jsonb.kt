package io.pgqueuer.exposed.internal.sql

import io.pgqueuer.FailureRecord
import io.pgqueuer.NewJob
import io.pgqueuer.port.storable
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject

/**
 * This record as JSON that `jsonb` accepts: it refuses NUL, no text can hold a lone surrogate, and none can hold what is
 * not in the [encoding] of the database.
 */
internal fun FailureRecord.toJsonb(encoding: ServerEncoding?): String {
    val text = json.encodeToJsonElement(FailureRecord.serializer(), this).storable().toString()
    return encoding?.storable(text) ?: text
}

/** Headers as JSON that `jsonb` accepts. */
internal fun JsonObject.toJsonb(): String = storable().toString()

/**
 * Reads headers; JSON `null`, which Python writes for "none", and whatever else is no object, is none.
 *
 * @throws IllegalArgumentException if they cannot be read, as they are nested too deep.
 */
internal fun readHeaders(jsonb: String?): JsonObject? = jsonb?.let {
    requireReadable(it)
    json.parseToJsonElement(it) as? JsonObject
}

/** As [readHeaders]; none where they cannot be read. */
internal fun readHeadersOrNull(jsonb: String?): JsonObject? = runCatching { readHeaders(jsonb) }.getOrNull()

/** Reads any JSON; null if it cannot be read, as it is nested too deep. */
internal fun readJson(jsonb: String): JsonElement? = runCatching {
    requireReadable(jsonb)
    json.parseToJsonElement(jsonb)
}.getOrNull()

/** Reads a log row's record; null where there is none that can be understood. */
internal fun readFailure(jsonb: String?): FailureRecord? = jsonb
    ?.let {
        runCatching {
            requireReadable(it)
            json.parseToJsonElement(it).takeUnless { it is JsonNull }
                ?.let { json.decodeFromJsonElement(FailureRecord.serializer(), it) }
        }.getOrNull()
    }

/**
 * Checks how deep [jsonb] is nested, without recursion: reading and printing what is much deeper overflows the stack.
 * `jsonb` comes without needless text, and its brackets are balanced.
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

/** What others may store; what we store is nested less deep: [NewJob.MAX_HEADERS_DEPTH]. */
private const val MAX_DEPTH = 2 * NewJob.MAX_HEADERS_DEPTH

private val json = Json { ignoreUnknownKeys = true }
