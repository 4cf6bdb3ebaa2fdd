package io.pgqueuer.cron

import java.util.Locale

/** The fields of a cron expression in the form in which they are stored: lower case, without nicknames. */
internal class CronText private constructor(
    val fields: Map<CronField, String>,
) {
    /** The normalised text. */
    override fun toString(): String = fields.values.joinToString(" ")

    companion object {
        private val NICKNAMES = mapOf(
            "@hourly" to "0 * * * *",
            "@daily" to "0 0 * * *",
            "@midnight" to "0 0 * * *",
            "@weekly" to "0 0 * * 0",
            "@monthly" to "0 0 1 * *",
            "@yearly" to "0 0 1 1 *",
            "@annually" to "0 0 1 1 *",
        )

        private val WHITESPACE = Regex("""\s+""")

        /** The texts that Python's PgQueuer uses, so that both share one row for a schedule. */
        fun normalise(text: String): CronText {
            val lower = text.trim().lowercase(Locale.ROOT)
            require(lower.isNotEmpty()) { "cron expression \"$text\" is blank; write five or six fields" }
            require(lower.first() != '@' || lower in NICKNAMES) {
                "cron expression \"$text\" is no known nickname; write one of ${NICKNAMES.keys.joinToString()}"
            }
            val parts = (NICKNAMES[lower] ?: lower).split(WHITESPACE)
            require(parts.size != 7) {
                "cron expression \"$text\" has a field for years, which is unsupported; remove it"
            }
            require(parts.size in 5..6) {
                "cron expression \"$text\" must have five fields, or six with the seconds last, has ${parts.size}"
            }
            return CronText(CronField.entries.zip(parts).toMap())
        }
    }
}
