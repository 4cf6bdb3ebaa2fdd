package io.pgqueuer.domain

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days

/**
 * A job to enqueue. What the database would refuse is refused here, before any SQL.
 *
 * @property entrypoint the name of the handler: not blank, without NUL and lone surrogates, at most
 * [MAX_ENTRYPOINT_BYTES] bytes of UTF-8 (it is indexed).
 * @property payload the bytes that the handler gets; null and empty are kept apart. Not copied: do not change it
 * before the enqueue has returned.
 * @property priority higher is claimed first; default 0.
 * @property executeAfter how long from now, by the store's clock, the job may not be claimed; default none, at most
 * [MAX_DELAY].
 * @property dedupeKey at most one queued or picked job carries the same key; not blank, without NUL and lone surrogates,
 * at most [MAX_DEDUPE_KEY_BYTES] bytes of UTF-8.
 * @property headers JSON beside the payload, for tracing and the like; names and strings without NUL and lone surrogates,
 * objects and arrays nested at most [MAX_HEADERS_DEPTH] deep (the headers themselves are the first level).
 * @throws IllegalArgumentException if a value is out of these bounds.
 */
public class NewJob(
    public val entrypoint: String,
    public val payload: ByteArray? = null,
    public val priority: Int = 0,
    public val executeAfter: Duration = Duration.ZERO,
    public val dedupeKey: String? = null,
    public val headers: JsonObject? = null,
) {
    init {
        requireEntrypoint(entrypoint)
        require(!executeAfter.isNegative()) { "executeAfter must be >= 0, was $executeAfter" }
        require(executeAfter <= MAX_DELAY) { "executeAfter must be at most $MAX_DELAY, was $executeAfter" }
        dedupeKey?.let { key ->
            require(key.isNotBlank()) { "dedupeKey must not be blank, was '$key'; use null for none" }
            requireStorable("dedupeKey", key)
            requireUtf8Bytes("dedupeKey", key, MAX_DEDUPE_KEY_BYTES)
        }
        headers?.let(::requireStorableHeaders)
    }

    override fun toString(): String = "NewJob(entrypoint=$entrypoint, priority=$priority, dedupeKey=$dedupeKey)"

    public companion object {
        /** Entrypoints are part of index entries, which PostgreSQL limits to about 2,700 bytes. */
        public const val MAX_ENTRYPOINT_BYTES: Int = 1_000

        /** Dedupe keys are index entries, which PostgreSQL limits to about 2,700 bytes. */
        public const val MAX_DEDUPE_KEY_BYTES: Int = 2_000

        /** Printing or reading much deeper JSON overflows the stack, here or in PostgreSQL. */
        public const val MAX_HEADERS_DEPTH: Int = 100

        /** The longest delay: 100 years of 365 days. */
        public val MAX_DELAY: Duration = 36_500.days
    }
}

/**
 * Checks that [entrypoint] can name a handler, and returns it.
 *
 * @throws IllegalArgumentException if it is blank, has a NUL, or is longer than [NewJob.MAX_ENTRYPOINT_BYTES].
 */
internal fun requireEntrypoint(entrypoint: String): String {
    require(entrypoint.isNotBlank()) { "entrypoint must not be blank, was '$entrypoint'" }
    requireStorable("entrypoint", entrypoint)
    requireUtf8Bytes("entrypoint", entrypoint, NewJob.MAX_ENTRYPOINT_BYTES)
    return entrypoint
}

private fun requireStorable(name: String, text: String) {
    val nul = text.indexOf('\u0000')
    require(nul < 0) {
        "$name must not contain NUL (PostgreSQL cannot store it), found one at index $nul of '${text.shown()}'"
    }
    val lone = text.indexOfLoneSurrogate()
    require(lone < 0) { "$name must not contain half a surrogate pair (UTF-8 cannot), found one at index $lone" }
}

private fun String.indexOfLoneSurrogate(): Int {
    var index = 0
    while (index < length) {
        when {
            !this[index].isSurrogate() -> index++
            this[index].isHighSurrogate() && index + 1 < length && this[index + 1].isLowSurrogate() -> index += 2
            else -> return index
        }
    }
    return -1
}

private fun requireStorableHeaders(headers: JsonObject) {
    val depth = headers.depth()
    require(depth <= NewJob.MAX_HEADERS_DEPTH) {
        "headers must be nested at most ${NewJob.MAX_HEADERS_DEPTH} deep, were more; put deeper data into the payload"
    }
    requireStorable(headers, path = "headers")
}

/** How many levels of objects and arrays there are; counts without recursion, and no further than it matters. */
private fun JsonElement.depth(): Int {
    var depth = 0
    var level: List<JsonElement> = listOf(this)
    while (depth <= NewJob.MAX_HEADERS_DEPTH) {
        val nested = level.filter { it is JsonObject || it is JsonArray }
        if (nested.isEmpty()) break
        depth++
        level = nested.flatMap { if (it is JsonObject) it.values else it as JsonArray }
    }
    return depth
}

/** Recursive: check the depth first. */
private fun requireStorable(element: JsonElement, path: String) {
    when (element) {
        is JsonObject -> element.forEach { (name, value) ->
            requireStorable("$path: name", name)
            requireStorable(value, "$path.$name")
        }

        is JsonArray -> element.forEachIndexed { index, value -> requireStorable(value, "$path[$index]") }

        is JsonPrimitive -> if (element.isString) requireStorable(path, element.content)
    }
}

private fun requireUtf8Bytes(name: String, text: String, limit: Int) {
    if (text.length * MAX_UTF8_BYTES_PER_CHAR <= limit) return
    val bytes = text.encodeToByteArray().size
    require(bytes <= limit) { "$name must be at most $limit bytes of UTF-8, was $bytes: '${text.shown()}'" }
}

private fun String.shown(): String = (if (length <= MAX_SHOWN) this else take(MAX_SHOWN) + "…").replace("\u0000", "\\0")

private const val MAX_UTF8_BYTES_PER_CHAR = 3
private const val MAX_SHOWN = 60
