package io.pgqueuer

import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** What a filter looks for in a [payload]. */
internal class PayloadContent(
    private val payload: ByteArray,
) {
    fun contains(text: String?): Boolean = text == null || payload.indexOf(text.encodeToByteArray()) >= 0

    fun hasAll(values: Map<String, String>): Boolean {
        if (values.isEmpty()) return true
        val root = json() ?: return false
        return values.all { (path, value) -> at(root, path) == value }
    }

    private fun json(): JsonElement? = try {
        Json.parseToJsonElement(payload.decodeToString(throwOnInvalidSequence = true))
    } catch (_: CharacterCodingException) {
        null
    } catch (_: SerializationException) {
        null
    }

    private fun at(root: JsonElement, path: String): String? {
        val found = path.split('.').fold<String, JsonElement?>(root) { element, step ->
            when (element) {
                is JsonObject -> element[step]
                is JsonArray -> step.toIntOrNull()?.let(element::getOrNull)
                else -> null
            }
        }
        return if (found is JsonPrimitive && found !is JsonNull) found.content else null
    }

    private fun ByteArray.indexOf(part: ByteArray): Int =
        (0..size - part.size).firstOrNull { start -> part.indices.all { this[start + it] == part[it] } } ?: -1
}
