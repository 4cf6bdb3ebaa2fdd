package io.pgqueuer.cli.mcp

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject

/**
 * An argument of a tool.
 *
 * @property schema its JSON schema: what the assistant is told of it.
 * @param read reads the value; null if it is not given. Throws [IllegalArgumentException] if it is wrong.
 */
internal class Argument<T>(
    val name: String,
    val schema: JsonObject,
    val isRequired: Boolean = false,
    private val read: (JsonElement?) -> T,
) {
    /** @throws IllegalArgumentException if the value is wrong, or missing; it names the argument. */
    fun valueIn(given: JsonObject): T = try {
        val value = given[name].takeUnless { it is JsonNull }
        require(value != null || !isRequired) { "it is required" }
        read(value)
    } catch (e: IllegalArgumentException) {
        throw IllegalArgumentException("argument '$name': ${e.message}", e)
    }
}

/** The values of the arguments of one call. */
internal class Arguments private constructor(
    private val values: Map<Argument<*>, Any?>,
) {
    @Suppress("UNCHECKED_CAST")
    operator fun <T> get(argument: Argument<T>): T = values.getValue(argument) as T

    companion object {
        /** @throws IllegalArgumentException if an argument is wrong, missing or unknown. */
        fun read(known: List<Argument<*>>, given: JsonObject): Arguments {
            val names = known.map { it.name }
            val unknown = given.keys - names.toSet()
            require(unknown.isEmpty()) {
                val all = if (names.isEmpty()) "there are none" else "there are ${names.joinToString()}"
                "there is no argument ${unknown.joinToString { "'$it'" }}; $all"
            }
            return Arguments(known.associateWith { it.valueIn(given) })
        }
    }
}
