package io.pgqueuer.cli.look

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.DurationUnit
import kotlin.time.Instant

/** Something that a command shows: values by their names, in order. */
internal class Row(
    private vararg val cells: Pair<String, Any?>,
) {
    val names: List<String> get() = cells.map { it.first }

    /** The values for people; `-` stands for one that is absent. */
    val texts: List<String> get() = cells.map { (_, value) -> text(value) }

    operator fun get(column: Int): Any? = cells[column].second

    /** Returns this row with [more] values after its own. */
    operator fun plus(more: List<Pair<String, Any?>>): Row = Row(*cells, *more.toTypedArray())

    /** A line for each value, with its name. */
    fun lines(): List<String> {
        val width = names.maxOf { it.length }
        return names.zip(texts) { name, text -> "${name.padEnd(width)}  $text" }
    }

    /** The values for programs: durations in seconds, times in ISO 8601. */
    fun json(): JsonObject = JsonObject(cells.associate { (name, value) -> name to element(value) })

    /** What a terminal would take for a command is replaced. */
    private fun text(value: Any?): String = when (value) {
        null -> "-"
        is Duration -> "${value.inWholeMilliseconds.milliseconds}"
        is Instant -> "${Instant.fromEpochMilliseconds(value.toEpochMilliseconds())}"
        else -> "$value".lineSequence().first().replace(CONTROL, "\uFFFD")
    }

    private fun element(value: Any?): JsonElement = when (value) {
        null, WholeQueue -> JsonNull
        is JsonElement -> value
        is Number -> JsonPrimitive(value)
        is Boolean -> JsonPrimitive(value)
        is Duration -> JsonPrimitive(value.toDouble(DurationUnit.SECONDS))
        is Bytes -> JsonPrimitive(value.count)
        is Instant -> JsonPrimitive("$value")
        else -> JsonPrimitive("$value")
    }

    private companion object {
        val CONTROL = Regex("\\p{Cntrl}")
    }
}

/** Returns [rows], which have the same names, as a table with a header; nothing if there is none. Numbers end aligned. */
internal fun table(rows: List<Row>): List<String> {
    val header = rows.firstOrNull()?.names ?: return emptyList()
    val lines = listOf(header) + rows.map { it.texts }
    val widths = header.indices.map { column -> lines.maxOf { it[column].length } }
    val isNumber = header.indices.map { column ->
        column > 0 &&
            rows.mapNotNull { it[column] }.let { values -> values.isNotEmpty() && values.all { it is Number } }
    }
    return lines.map { line ->
        line.mapIndexed { column, cell ->
            if (isNumber[column]) cell.padStart(widths[column]) else cell.padEnd(widths[column])
        }.joinToString("  ").trimEnd()
    }
}
