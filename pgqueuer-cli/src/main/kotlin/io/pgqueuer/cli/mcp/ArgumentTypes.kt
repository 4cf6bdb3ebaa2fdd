package io.pgqueuer.cli.mcp

import io.pgqueuer.JobId
import io.pgqueuer.cli.readDuration
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonObjectBuilder
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonArray
import kotlin.time.Duration

/** A whole number within [range]. */
internal fun number(name: String, description: String, range: IntRange, default: Int) = Argument(
    name,
    schema("integer", "$description (default: $default)") {
        put("minimum", range.first)
        put("maximum", range.last)
        put("default", default)
    },
) { value ->
    if (value == null) return@Argument default
    val number = longOf(value)
    require(number != null && number in range.first..range.last) {
        "it must be a whole number from ${range.first} to ${range.last}, was ${shown(value)}"
    }
    number.toInt()
}

/** The most rows of an answer. */
internal fun limit(default: Int = 100, most: Int = 1_000) = number("limit", "the most rows to return", 1..most, default)

/** A text. */
internal fun text(name: String, description: String) = Argument(name, schema("string", description)) { value ->
    value?.let(::textOf)
}

/** A duration of more than zero, at most [most]. */
internal fun duration(name: String, description: String, default: Duration, most: Duration): Argument<Duration> =
    duration(name, "$description, as in 30s, 5m or 1h 30m; at most $most (default: $default)", most, "$default") {
        it ?: default
    }

/** A duration of more than zero, at most [most]; null if it is not given. */
internal fun optionalDuration(name: String, description: String, most: Duration): Argument<Duration?> =
    duration(name, "$description, as in 30m or 2h; at most $most", most, null) { it }

private fun <T> duration(name: String, description: String, most: Duration, default: String?, map: (Duration?) -> T) =
    Argument(
        name,
        schema("string", description) { default?.let { put("default", it) } },
    ) { value ->
        val duration = value?.let { readDuration(textOf(it)) }
        require(duration == null || (duration.isPositive() && duration <= most)) {
            "it must be more than 0s and at most $most, was $duration"
        }
        map(duration)
    }

/** The id of a job, or of an entry of the log; null if it is not given. */
internal fun optionalId(name: String, description: String): Argument<Long?> =
    Argument(name, idSchema(description)) { value -> value?.let(::idOf) }

/** The id of a job. */
internal fun jobId(name: String, description: String): Argument<JobId> =
    Argument(name, idSchema(description), isRequired = true) { value -> JobId(idOf(checkNotNull(value))) }

/** The ids of some jobs: not none, and at most [most]. */
internal fun ids(name: String, description: String, most: Int) = Argument(
    name,
    schema("array", "$description; at most $most") {
        put("items", idSchema())
        put("minItems", 1)
        put("maxItems", most)
    },
    isRequired = true,
) { value ->
    val elements = elementsOf(value)
    require(elements.size in 1..most) { "it must name 1 to $most jobs, was a list of ${elements.size}" }
    elements.mapTo(sortedSetOf()) { JobId(idOf(it)) }
}

/** Ids are accepted as text, too: above 2^53, JavaScript does not keep numbers as they are. */
private fun idSchema(description: String? = null) = buildJsonObject {
    description?.let { put("description", it) }
    putJsonArray("anyOf") {
        add(
            buildJsonObject {
                put("type", "integer")
                put("minimum", 1)
            },
        )
        add(
            buildJsonObject {
                put("type", "string")
                put("pattern", "^[0-9]+$")
            },
        )
    }
}

private fun schema(type: String, description: String, more: JsonObjectBuilder.() -> Unit = {}) = buildJsonObject {
    put("type", type)
    put("description", description)
    more()
}

private fun idOf(value: JsonElement): Long {
    val id = longOf(value)
    require(id != null && id > 0) { "${shown(value)} is no id; write it as in 117" }
    return id
}

private fun longOf(value: JsonElement): Long? = (value as? JsonPrimitive)?.content?.toLongOrNull()

private fun textOf(value: JsonElement): String {
    require(value is JsonPrimitive && value.isString) { "it must be a text in quotes, was ${shown(value)}" }
    return value.content
}

private fun elementsOf(value: JsonElement?): List<JsonElement> {
    require(value == null || value is JsonArray) { "it must be a list as in [1, 2], was ${shown(value)}" }
    return value.orEmpty()
}

private fun shown(value: JsonElement?): String = "$value".let {
    if (it.length >
        MOST_SHOWN
    ) {
        it.take(MOST_SHOWN) + "…"
    } else {
        it
    }
}

private const val MOST_SHOWN = 100
