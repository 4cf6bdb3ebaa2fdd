package io.pgqueuer.cron

import io.pgqueuer.cron.CronField.DAY_OF_MONTH
import io.pgqueuer.cron.CronField.DAY_OF_WEEK
import io.pgqueuer.cron.CronField.HOUR
import io.pgqueuer.cron.CronField.MINUTE
import io.pgqueuer.cron.CronField.MONTH
import io.pgqueuer.cron.CronField.SECOND
import java.time.DayOfWeek
import java.time.Month
import java.time.format.TextStyle
import java.util.Locale

/** A cron expression in English words, for people who do not read cron expressions. */
internal class CronWords(
    private val fields: CronFields,
) {
    private val minutes = fields.items(MINUTE)
    private val hours = fields.items(HOUR)
    private val seconds = fields.itemsOrNull(SECOND) ?: listOf(CronItem.Span(0, 0, 1))

    override fun toString(): String {
        val months = if (fields.isFull(MONTH)) "" else " in " + list(fields.items(MONTH), ::month)
        return days()?.let { "${times(isEveryDay = false)} $it$months" } ?: (times(isEveryDay = true) + months)
    }

    private fun times(isEveryDay: Boolean): String {
        val fixed = fixedTimes()
        return when {
            fixed == null -> listOfNotNull(inSeconds(), inMinutes(), inHours()).joinToString(" ")
            isEveryDay -> "every day at ${join(fixed)}"
            else -> "at ${join(fixed)}"
        }
    }

    /** The times of the day, as in `02:00`, if there are only a few. */
    private fun fixedTimes(): List<String>? {
        val (hours, minutes, seconds) = listOf(hours, minutes, seconds).map { singles(it) ?: return null }
        if (hours.size * minutes.size * seconds.size > MOST_TIMES) return null
        return hours.flatMap { hour -> minutes.flatMap { minute -> seconds.map { time(hour, minute, it) } } }.sorted()
    }

    private fun time(hour: Int, minute: Int, second: Int) =
        "%02d:%02d".format(Locale.ROOT, hour, minute) + if (second == 0) "" else ":%02d".format(Locale.ROOT, second)

    private fun inSeconds(): String? = if (singles(seconds) == listOf(0)) null else within(SECOND, seconds)

    private fun inMinutes(): String? = when {
        !fields.isFull(MINUTE) || singles(seconds) == listOf(0) -> within(MINUTE, minutes)
        isRegular(SECOND, seconds) -> null
        else -> "of every minute"
    }

    private fun inHours(): String? = when {
        fields.isFull(HOUR) -> if (isRegular(MINUTE, minutes)) null else "of every hour"
        isRegular(HOUR, hours) -> "of every ${ordinal(stepOf(HOUR, hours))} hour"
        else -> "of the hours " + list(hours) { "$it" }
    }

    private fun within(field: CronField, items: List<CronItem>): String = when {
        fields.isFull(field) -> "every ${field.label}"
        isRegular(field, items) -> "every ${stepOf(field, items)} ${field.label}s"
        else -> "at ${field.label} " + list(items) { "$it" }
    }

    /** Whether all values of [field] are meant, or every second of them, every third, and so on. */
    private fun isRegular(field: CronField, items: List<CronItem>) = fields.isFull(field) || stepOf(field, items) > 1

    /** 1 if there is none. */
    private fun stepOf(field: CronField, items: List<CronItem>): Int {
        val span = items.singleOrNull() as? CronItem.Span
        return span?.step?.takeIf { span.first == field.values.first && span.last == field.values.last } ?: 1
    }

    private fun ordinal(number: Int) = "$number" + if (number in 1..3) listOf("st", "nd", "rd")[number - 1] else "th"

    private fun days(): String? {
        val (ofMonth, ofWeek) = fields.restrictedDays()
        val words = listOfNotNull(
            ofMonth?.let { "on " + list(it, ::dayOfMonth) + " of the month" },
            ofWeek?.let { "on " + list(it, ::weekday) + if (it.any(::isOfMonth)) " of the month" else "" },
        )
        return words.joinToString(" and ").ifEmpty { null }
    }

    private fun isOfMonth(item: CronItem) = item is CronItem.NthWeekday || item is CronItem.LastWeekday

    private fun list(items: List<CronItem>, name: (Int) -> String): String = join(
        items.map { item ->
            when (item) {
                CronItem.Any -> "any"

                CronItem.LastDay -> "the last day"

                is CronItem.LastWeekday -> "the last ${name(item.weekday)}"

                is CronItem.NthWeekday -> "the ${ORDINALS[item.nth - 1]} ${name(item.weekday)}"

                is CronItem.Span -> when {
                    item.step > item.last - item.first -> name(item.first)
                    item.step == 1 -> "${name(item.first)} to ${name(item.last)}"
                    item.values.count() <= MOST_VALUES -> join(item.values.map(name))
                    else -> "every ${ordinal(item.step)} from ${name(item.first)} to ${name(item.last)}"
                }
            }
        },
    )

    private fun singles(items: List<CronItem>): List<Int>? = items.map { item ->
        (item as? CronItem.Span)?.takeIf { it.step > it.last - it.first }?.first ?: return null
    }

    private fun join(words: List<String>): String =
        if (words.size == 1) words.single() else words.dropLast(1).joinToString() + " and " + words.last()

    private fun dayOfMonth(day: Int) = "day $day"

    private fun month(month: Int) = Month.of(month).getDisplayName(TextStyle.FULL, Locale.ENGLISH)

    private fun weekday(day: Int) =
        DayOfWeek.of(if (day == 0) CronField.SUNDAY_AS_LAST else day).getDisplayName(TextStyle.FULL, Locale.ENGLISH)

    private companion object {
        const val MOST_TIMES = 4
        const val MOST_VALUES = 6
        val ORDINALS = listOf("first", "second", "third", "fourth", "fifth")
    }
}
