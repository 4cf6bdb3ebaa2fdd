package io.pgqueuer.cron

import io.pgqueuer.cron.CronField.Companion.SUNDAY_AS_LAST
import io.pgqueuer.cron.CronField.DAY_OF_MONTH
import io.pgqueuer.cron.CronField.DAY_OF_WEEK
import io.pgqueuer.cron.CronField.HOUR
import io.pgqueuer.cron.CronField.MONTH
import io.pgqueuer.cron.CronField.SECOND
import java.time.Month

/** The fields of a cron expression. Each one is valid, and their combination is possible. */
internal class CronFields private constructor(
    private val text: CronText,
    private val items: Map<CronField, List<CronItem>>,
) {
    /** Whether the hours are not restricted. */
    val everyHour: Boolean = isFull(HOUR)

    init {
        val weekdays = items.getValue(DAY_OF_WEEK)
        val ofMonth = weekdays.filter { it is CronItem.NthWeekday || it is CronItem.LastWeekday }
        require(ofMonth.isEmpty() || ofMonth.size == weekdays.size) {
            "cron expression \"$text\": day of week \"${text.fields[DAY_OF_WEEK]}\" mixes weekdays of the month " +
                "(# and L) with those of every week; make two schedules of it"
        }
        require(daysComeInMonths()) {
            "cron expression \"$text\": day of month \"${text.fields[DAY_OF_MONTH]}\" never comes " +
                "in month \"${text.fields[MONTH]}\""
        }
    }

    /**
     * Expressions for the library. Together they mean this one.
     *
     * Each item of the days of the month gets its own expression, and the weekdays get one. The reason is the library's
     * union of days: it loses an `L` beside other days, and takes milliseconds for a long list.
     */
    fun alternatives(): List<String> = buildSet {
        if (isRestricted(DAY_OF_MONTH, other = DAY_OF_WEEK)) {
            val days = if (isFull(DAY_OF_MONTH)) listOf(CronItem.Any) else items.getValue(DAY_OF_MONTH)
            days.mapTo(this) { alternative(dayOfMonth = "$it") }
        }
        if (isRestricted(DAY_OF_WEEK, other = DAY_OF_MONTH)) add(alternative(dayOfWeek = weekdays()))
        if (isEmpty()) add(alternative())
    }.toList()

    private fun alternative(dayOfMonth: String = "*", dayOfWeek: String = "*"): String {
        val second = items[SECOND]?.let { numbers(SECOND, it) } ?: "0"
        val (minute, hour, month) = listOf(CronField.MINUTE, HOUR, MONTH).map { numbers(it, items.getValue(it)) }
        return "$second $minute $hour $dayOfMonth $month $dayOfWeek"
    }

    private fun numbers(field: CronField, list: List<CronItem>): String =
        if (isFull(field)) "*" else list.joinToString(",")

    private fun weekdays(): String = when {
        isFull(DAY_OF_WEEK) -> "*"
        else -> values(DAY_OF_WEEK).ifEmpty { items.getValue(DAY_OF_WEEK) }.joinToString(",")
    }

    /**
     * Whether the days of [field] count in addition to those of [other].
     *
     * A field that names all its days without a plain `*` counts, so every day matches, unless the other field contains
     * a `*`. This is how croniter decides, and a schedule that Python shares must run on the same days.
     */
    private fun isRestricted(field: CronField, other: CronField): Boolean =
        CronItem.Any !in items.getValue(field) && !(isFull(field) && '*' in text.fields.getValue(other))

    fun items(field: CronField): List<CronItem> = items.getValue(field)

    /** Null if the expression does not have the field. */
    fun itemsOrNull(field: CronField): List<CronItem>? = items[field]

    /** The days of the month and of the week that count; null for each of them that does not restrict the days. */
    fun restrictedDays(): Pair<List<CronItem>?, List<CronItem>?> {
        val ofMonth = items(DAY_OF_MONTH).takeIf { isRestricted(DAY_OF_MONTH, other = DAY_OF_WEEK) }
        val ofWeek = items(DAY_OF_WEEK).takeIf { isRestricted(DAY_OF_WEEK, other = DAY_OF_MONTH) }
        val isEveryDay = (ofMonth != null && isFull(DAY_OF_MONTH)) || (ofWeek != null && isFull(DAY_OF_WEEK))
        return if (isEveryDay) null to null else ofMonth to ofWeek
    }

    fun isFull(field: CronField): Boolean =
        CronItem.Any in items.getValue(field) || values(field).containsAll(field.values.toList())

    private fun values(field: CronField): Set<Int> = items.getValue(field).filterIsInstance<CronItem.Span>()
        .flatMapTo(sortedSetOf()) { it.values }
        .mapTo(sortedSetOf()) { if (field == DAY_OF_WEEK) it % SUNDAY_AS_LAST else it }

    /** Refused even if a weekday would match: Python's PgQueuer fails on a day of the month that never comes. */
    private fun daysComeInMonths(): Boolean {
        if (items.getValue(DAY_OF_MONTH).any { it !is CronItem.Span } || isFull(MONTH)) return true
        return values(DAY_OF_MONTH).first() <= values(MONTH).maxOf { Month.of(it).maxLength() }
    }

    companion object {
        fun parse(text: CronText): CronFields =
            CronFields(text, text.fields.keys.associateWith { FieldParser(text, it).parse() })
    }
}
