package io.pgqueuer

import io.pgqueuer.cron.CronFields
import io.pgqueuer.cron.CronText
import io.pgqueuer.cron.CronWords
import io.pgqueuer.cron.LocalTimetable
import io.pgqueuer.cron.WallClock
import java.time.ZoneId
import java.time.ZoneOffset
import kotlin.time.Instant
import kotlin.time.toJavaInstant
import kotlin.time.toKotlinInstant

/**
 * The times at which a schedule is due: `0,30 9-17 * * mon-fri`, or with seconds as the last field `0 9 * * * 30`.
 *
 * The fields are minute, hour, day of month, month, day of week and, if there are six, second. Each field is a list of
 * `*`, values and ranges, optionally with a step: `5`, `1-9`, `1-9/2`, `2/3` (every third from 2 on). Months and
 * weekdays have names (`jan`, `MON`). Sunday is both 0 and 7. In the day fields, `?` means `*`, `L` is the last day of
 * the month, `L5` its last Friday, and `1#3` its third Monday. If both day fields are restricted, a day needs to match
 * only one of them. The nicknames are `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly` and
 * `@annually`.
 *
 * Two expressions are equal if their normalised texts are equal.
 */
public class CronExpression private constructor(
    private val text: String,
    private val timetable: LocalTimetable,
    private val words: CronWords,
) {
    /**
     * Returns the next time after [instant] at which the schedule is due in the time zone [zone], in whole seconds.
     *
     * When the clock is put forward, the times that it skips are due once, at the moment of the change. When it is put
     * back, a time that comes twice is due the first time only. A schedule for every hour is the exception: it goes on
     * by elapsed time, and is due both times.
     */
    public fun nextAfter(instant: Instant, zone: ZoneId = ZoneOffset.UTC): Instant =
        WallClock(zone.rules, timetable).nextAfter(instant.toJavaInstant()).toKotlinInstant()

    /** Describes the times in English, for people: `at 02:00 on Monday to Friday`. Programs should not read it. */
    public fun describe(): String = words.toString()

    override fun equals(other: Any?): Boolean = other is CronExpression && other.text == text

    override fun hashCode(): Int = text.hashCode()

    /** Returns the text as it is stored: in lower case, with single spaces, and without a nickname. */
    override fun toString(): String = text

    public companion object {
        /**
         * Parses [text].
         *
         * @throws IllegalArgumentException if it is not a cron expression, or if it is never due.
         */
        public fun parse(text: String): CronExpression {
            val normalised = CronText.normalise(text)
            val fields = CronFields.parse(normalised)
            return CronExpression(normalised.toString(), LocalTimetable(fields), CronWords(fields))
        }
    }
}
