package io.pgqueuer.cli.mcp

import io.modelcontextprotocol.kotlin.sdk.types.CallToolResult
import io.modelcontextprotocol.kotlin.sdk.types.TextContent
import io.pgqueuer.cli.look.Row
import io.pgqueuer.cli.look.table
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/**
 * What a tool answers: the same for programs and for people. Long texts are cut.
 *
 * @param mostText the most characters of a text in [json], and of a line in [lines].
 */
internal class Answer(
    json: JsonObject,
    lines: List<String>,
    mostText: Int = MOST_TEXT,
) {
    private val json: JsonObject = JsonObject(json.mapValues { (_, value) -> cut(value, mostText) })
    private val text: String = lines.joinToString("\n") { cut(it, mostText) }

    /** @throws IllegalArgumentException if the answer is too large for an assistant. */
    fun result(): CallToolResult {
        val size = "$json".length + text.length
        require(size <= MOST_CHARACTERS) {
            "the answer has $size characters, the most is $MOST_CHARACTERS; ask for a lower limit"
        }
        return CallToolResult(listOf(TextContent(text)), isError = false, structuredContent = json)
    }

    companion object {
        private const val MOST_TEXT = 1_000
        private const val MOST_CHARACTERS = 1_000_000

        /** Answers with the values of one row. */
        fun of(row: Row, notes: List<String> = emptyList()) = Answer(row.json(), row.lines() + notes)

        /**
         * Answers with [rows].
         *
         * @param next the argument that returns those after them, with its value; null if there are none.
         */
        fun ofPage(rows: List<Row>, next: Pair<String, Long>?): Answer {
            val argument = next?.let { (name, value) -> JsonObject(mapOf(name to JsonPrimitive(value))) }
            val note = next?.let { (name, value) -> "There may be more: call it again with $name $value." }
            return ofRows(rows, isCut = next != null, argument ?: JsonNull, note)
        }

        /** Answers with the first [limit] of [rows]. */
        fun ofFirst(rows: List<Row>, limit: Int): Answer {
            val isCut = rows.size > limit
            val note = "These are $limit of ${rows.size}: raise the limit to see more.".takeIf { isCut }
            return ofRows(rows.take(limit), isCut, JsonNull, note)
        }

        /** Answers with [rows], which are about the first [first] [what]; null if they are about all. */
        fun ofPart(rows: List<Row>, what: String, first: Int?): Answer {
            val note = first?.let { "There may be more: this is about the first $it $what." }
            return ofRows(rows, isCut = first != null, JsonNull, note)
        }

        private fun ofRows(rows: List<Row>, isCut: Boolean, next: JsonElement, note: String?) = Answer(
            JsonObject(
                mapOf("rows" to JsonArray(rows.map(Row::json)), "more" to JsonPrimitive(isCut), "next" to next),
            ),
            table(rows).ifEmpty { listOf("There is nothing.") } + listOfNotNull(note),
        )

        private fun cut(value: JsonElement, most: Int): JsonElement = when (value) {
            is JsonArray -> JsonArray(value.map { cut(it, most) })
            is JsonObject -> JsonObject(value.mapValues { (_, inner) -> cut(inner, most) })
            is JsonPrimitive -> if (value.isString) JsonPrimitive(cut(value.content, most)) else value
        }

        private fun cut(text: String, most: Int) =
            if (text.length <= most) text else "${text.take(most)}… (${text.length - most} characters more)"
    }
}
