package io.pgqueuer.cron

import io.pgqueuer.cron.CronField.DAY_OF_MONTH
import io.pgqueuer.cron.CronField.DAY_OF_WEEK
import io.pgqueuer.cron.CronField.MINUTE
import io.pgqueuer.cron.CronField.MONTH
import io.pgqueuer.cron.CronField.SECOND

/**
 * Recognises expressions of six fields that were probably written with the seconds first, as Spring and Quartz write
 * them. Here the seconds are last.
 *
 * There are two signs. The last field is `*` and the first one is not: that means every second of some minutes, which
 * hardly anybody wants; with the seconds first, it means some second on every day of the week. Or the last field
 * is a range within 0 to 7 as weekdays are, the first is a single number, and the third is restricted while the fourth
 * and fifth are not, as if it were an hour.
 */
internal object SecondsFirst {
    private val WEEKDAYS = Regex("[0-7]-[0-7]")
    private val NUMBER = Regex("[0-9]+")

    /** What to tell whoever wrote [text]; null if it does not look as if the seconds were first. */
    fun warningOf(text: String): String? {
        val fields = CronText.normalise(text).fields
        if (!isSuspicious(fields)) return null
        val here = CronField.entries.joinToString { "${it.label} ${fields.getValue(it)}" }
        val second = fields.getValue(MINUTE)
        val others = fields.values.drop(1).joinToString(" ")
        val meant = if (second == "0") others else "$others $second"
        return "\"$text\" means $here: with six fields, the second is the last one. " +
            "If you wrote the second first, as in Spring and Quartz, write \"$meant\""
    }

    private fun isSuspicious(fields: Map<CronField, String>): Boolean {
        val second = fields[SECOND] ?: return false
        if (second == "*") return fields.getValue(MINUTE) != "*"
        return WEEKDAYS.matches(second) && NUMBER.matches(fields.getValue(MINUTE)) &&
            fields.getValue(DAY_OF_MONTH).first().isDigit() &&
            listOf(MONTH, DAY_OF_WEEK).all { fields.getValue(it) in setOf("*", "?") }
    }
}
