package io.pgqueuer.cron

import io.pgqueuer.cron.CronField.Companion.SUNDAY_AS_LAST
import io.pgqueuer.cron.CronField.DAY_OF_MONTH
import io.pgqueuer.cron.CronField.DAY_OF_WEEK
import io.pgqueuer.cron.CronField.SECOND

/** Parses one [field] of [expression]. Everything that it accepts has the same meaning for the library. */
internal class FieldParser(
    private val expression: CronText,
    private val field: CronField,
) {
    fun parse(): List<CronItem> {
        val text = expression.fields.getValue(field)
        return if (text == "?" && field.isDay) listOf(CronItem.Any) else text.split(',').map(::item)
    }

    private fun item(text: String): CronItem = when {
        text.isEmpty() -> refuse(expression.fields.getValue(field), "has an empty list item")
        text == "*" -> CronItem.Any
        '?' in text -> refuse(text, "may be ? only alone, as a day of month or of week; write *")
        text == "l" && field == DAY_OF_MONTH -> CronItem.LastDay
        field == DAY_OF_WEEK && '#' in text -> nthWeekday(text)
        field == DAY_OF_WEEK && text.startsWith('l') -> lastWeekday(text)
        else -> span(text)
    }

    private fun nthWeekday(text: String): CronItem {
        val weekday = text.substringBefore('#')
        if ('-' in weekday) refuse(text, "takes one weekday before #; list them one by one, as in 1#3,2#3")
        val nth = number(text.substringAfter('#'))
        if (nth == null || nth !in 1..5) refuse(text, "must have a number from 1 to 5 after #")
        return CronItem.NthWeekday(value(weekday) % SUNDAY_AS_LAST, nth)
    }

    private fun lastWeekday(text: String): CronItem {
        val weekday = number(text.substring(1))
        if (weekday == null || weekday !in field.writable) refuse(text, "must be L and a number from 0 to 7, as in L5")
        return CronItem.LastWeekday(weekday % SUNDAY_AS_LAST)
    }

    private fun span(text: String): CronItem {
        val parts = text.split('/')
        if (parts.size > 2) refuse(text, "has more than one step")
        val step = parts.getOrNull(1)?.let { number(it) ?: 0 }
        if (step == 0) refuse(text, "must have a whole number from 1 as its step")
        val ends = parts[0].split('-')
        if (ends.size > 2) refuse(text, "must have two ends to its range")
        if (ends == listOf("*")) return CronItem.Span(field.values.first, field.values.last, step ?: 1)
        val first = value(ends[0])
        val last = when {
            ends.size == 2 -> lastOfRange(first, ends[1])
            step != null -> maxOf(first, field.values.last)
            else -> first
        }
        if (last < first) refuse(text, "runs backwards; write ${forwards(first, last)}")
        return CronItem.Span(first, last, step ?: 1)
    }

    /** Sunday can end a week as well as begin one: `sat-sun` is 6-7. */
    private fun lastOfRange(first: Int, text: String): Int =
        if (field == DAY_OF_WEEK && text == field.names[0] && first > 0) SUNDAY_AS_LAST else value(text)

    private fun forwards(first: Int, last: Int): String {
        val values = field.values
        if (first > values.last) return range(values.first, last)
        return range(first, values.last) + "," + range(values.first, last)
    }

    private fun range(first: Int, last: Int): String = if (first == last) "$first" else "$first-$last"

    private fun value(text: String): Int {
        val named = field.names.indexOf(text)
        if (named >= 0) return field.values.first + named
        val value = number(text) ?: refuse(text, unknown(text))
        if (value !in field.writable) {
            refuse(text, "must be from ${field.writable.first} to ${field.writable.last}")
        }
        return value
    }

    private fun unknown(text: String): String = when {
        field == DAY_OF_MONTH && 'w' in text -> "asks for the nearest weekday, which is unsupported"
        field == DAY_OF_MONTH && 'l' in text -> "may be L only alone"
        field == DAY_OF_WEEK && text.endsWith('l') -> "has its L last; write L first, as in L5"
        field.names.isEmpty() -> "is no number"
        else -> "is neither a number nor one of ${field.names.joinToString()}"
    }

    /** Only ASCII digits count as digits. A number that overflows is treated as too large. */
    private fun number(text: String): Int? =
        if (text.isEmpty() || text.any { it !in '0'..'9' }) null else text.toIntOrNull() ?: Int.MAX_VALUE

    private fun refuse(text: String, reason: String): Nothing =
        throw IllegalArgumentException("cron expression \"$expression\": ${field.label} \"$text\" $reason$order")

    /** Whoever writes the seconds first has a day of the week in the field of the seconds. */
    private val order: String
        get() = if (this.field == CronField.SECOND) "; with six fields, the second is the last one" else ""
}
