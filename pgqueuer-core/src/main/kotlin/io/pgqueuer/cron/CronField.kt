package io.pgqueuer.cron

/**
 * A field of a cron expression, in the order in which fields are written.
 *
 * @property values what `*` stands for.
 * @property names the names that can replace a value: the first name is for the first of [values].
 */
internal enum class CronField(
    val label: String,
    val values: IntRange,
    val names: List<String> = emptyList(),
) {
    MINUTE("minute", 0..59),
    HOUR("hour", 0..23),
    DAY_OF_MONTH("day of month", 1..31),
    MONTH(
        "month",
        1..12,
        listOf("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ),
    DAY_OF_WEEK("day of week", 0..6, listOf("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
    SECOND("second", 0..59),
    ;

    val isDay: Boolean get() = this == DAY_OF_MONTH || this == DAY_OF_WEEK

    /** The values that can be written: Sunday also as 7. */
    val writable: IntRange get() = if (this == DAY_OF_WEEK) 0..SUNDAY_AS_LAST else values

    companion object {
        const val SUNDAY_AS_LAST: Int = 7
    }
}
