package io.pgqueuer

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Instant

/**
 * A job to enqueue: `NewJob("fetch", payload) { priority = 5; delay = 10.minutes }`.
 *
 * A value that is out of its bounds throws [IllegalArgumentException] here, before any SQL. After the block, the job
 * cannot be changed; [with] makes a changed copy.
 *
 * @property entrypoint the name of the handler: not blank, without NUL and lone surrogates, at most
 * [MAX_ENTRYPOINT_BYTES] bytes of UTF-8 (it is indexed).
 * @property payload the bytes that the handler gets; null is not the same as empty. They are not copied: do not change
 * them before the enqueue has returned.
 */
public class NewJob internal constructor(
    public val entrypoint: String,
    public val payload: ByteArray?,
) {
    private var isFixed = false

    /** Jobs of higher priority are claimed first; default 0. */
    public var priority: Int = 0
        set(value) {
            checkOpen()
            field = value
        }

    /**
     * How long the job must wait before it may be claimed, from now by the store's clock; default zero, at most
     * [MAX_DELAY].
     */
    public var delay: Duration = Duration.ZERO
        set(value) {
            checkOpen()
            require(value in Duration.ZERO..MAX_DELAY) { "delay must be >= 0 and at most $MAX_DELAY, was $value" }
            field = value
        }

    /**
     * The moment, by the store's clock, from which the job may be claimed; null (default) for at once, or after
     * [delay]. A moment in the past means at once. Set this or [delay], not both.
     */
    public var runAt: Instant? = null
        set(value) {
            checkOpen()
            require(value == null || value in EARLIEST..LATEST) {
                "runAt must be between $EARLIEST and $LATEST, was $value"
            }
            field = value
        }

    /**
     * At most one queued or running job has the same key; null (default) for none. Not blank, without NUL and lone
     * surrogates, at most [MAX_DEDUPE_KEY_BYTES] bytes of UTF-8.
     */
    public var dedupeKey: String? = null
        set(value) {
            checkOpen()
            if (value != null) {
                require(value.isNotBlank()) { "dedupeKey must not be blank, was '$value'; use null for none" }
                requireStorable("dedupeKey", value)
                requireUtf8Bytes("dedupeKey", value, MAX_DEDUPE_KEY_BYTES)
            }
            field = value
        }

    /**
     * JSON beside the payload, for example for tracing; null (default) for none. Names and strings must be without NUL
     * and lone surrogates. Objects and arrays may be nested [MAX_HEADERS_DEPTH] deep; the headers are the first level.
     */
    public var headers: JsonObject? = null
        set(value) {
            checkOpen()
            value?.let(::requireStorableHeaders)
            field = value
        }

    init {
        requireEntrypoint(entrypoint)
    }

    /** Adds or replaces a header that is a text. */
    public fun header(name: String, value: String) {
        headers = JsonObject(headers.orEmpty() + (name to JsonPrimitive(value)))
    }

    /** Returns a copy of this job with the changes that [configure] makes. */
    public fun with(configure: NewJob.() -> Unit): NewJob {
        val original = this
        return NewJob(entrypoint, payload) {
            priority = original.priority
            delay = original.delay
            runAt = original.runAt
            dedupeKey = original.dedupeKey
            headers = original.headers
            configure()
        }
    }

    internal fun fix() {
        require(runAt == null || delay == Duration.ZERO) { "set delay or runAt, not both: delay $delay, runAt $runAt" }
        isFixed = true
    }

    private fun checkOpen() {
        check(!isFixed) { "a job cannot be changed after it was made; use with { … } to make a changed copy" }
    }

    override fun toString(): String = "NewJob(entrypoint=$entrypoint, priority=$priority, dedupeKey=$dedupeKey)"

    public companion object {
        /** Entrypoints are part of index entries, which PostgreSQL limits to about 2,700 bytes. */
        public const val MAX_ENTRYPOINT_BYTES: Int = 1_000

        /** Dedupe keys are index entries, which PostgreSQL limits to about 2,700 bytes. */
        public const val MAX_DEDUPE_KEY_BYTES: Int = 2_000

        /** Much deeper JSON overflows the stack when it is printed or read, here or in PostgreSQL. */
        public const val MAX_HEADERS_DEPTH: Int = 100

        /** The longest delay: 100 years of 365 days. */
        public val MAX_DELAY: Duration = 36_500.days

        internal val EARLIEST = Instant.parse("1970-01-01T00:00:00Z")
        internal val LATEST = Instant.parse("9999-12-31T23:59:59Z")
    }
}

/**
 * Makes a job to enqueue.
 *
 * @throws IllegalArgumentException if a value is out of its bounds; see [NewJob].
 */
public fun NewJob(entrypoint: String, payload: ByteArray? = null, configure: NewJob.() -> Unit = {}): NewJob =
    NewJob(entrypoint, payload).apply(configure).apply(NewJob::fix)

/**
 * Makes a job to enqueue whose payload is [text] in UTF-8. Handlers read it by [StoredJob.payloadText].
 *
 * @throws IllegalArgumentException if a value is out of its bounds; see [NewJob].
 */
public fun NewJob(entrypoint: String, text: String, configure: NewJob.() -> Unit = {}): NewJob =
    NewJob(entrypoint, text.encodeToByteArray(), configure)

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

/** Whether every store can keep this text: PostgreSQL cannot store NUL, UTF-8 has no lone surrogates. */
internal fun String.isStorable(): Boolean = indexOf('\u0000') < 0 && indexOfLoneSurrogate() < 0

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

/**
 * Builds job headers from pairs of text: `headersOf("traceparent" to "00-…")`. For other JSON, build a [JsonObject].
 */
public fun headersOf(vararg pairs: Pair<String, String>): JsonObject =
    JsonObject(pairs.associate { (name, value) -> name to JsonPrimitive(value) })
