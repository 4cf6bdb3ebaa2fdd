package io.pgqueuer

import io.pgqueuer.cron.CronFields
import io.pgqueuer.cron.CronText
import io.pgqueuer.cron.LocalTimetable
import io.pgqueuer.cron.WallClock
import java.time.ZoneId
import java.time.ZoneOffset
import kotlin.time.Instant
import kotlin.time.toJavaInstant
import kotlin.time.toKotlinInstant

/**
 * Tells at which times a schedule is due: `0,30 9-17 * * mon-fri`, or with the seconds last `0 9 * * * 30`.
 *
 * The fields are minute, hour, day of month, month, day of week and, if there are six, second. Each is a list of `*`,
 * values and ranges, which may have a step: `5`, `1-9`, `1-9/2`, `2/3` (from 2 on, every third). Months and weekdays have
 * names (`jan`, `MON`); Sunday is 0 and 7; `?` is `*` in the day fields. `L` is the last day of the month, `L5` its last
 * Friday, `1#3` its third Monday. Where both day fields are restricted, a day needs to match only one of them. The
 * nicknames are `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly` and `@annually`.
 *
 * Two expressions are equal if their normalised texts are.
 */
public class CronExpression private constructor(
    private val text: String,
    private val timetable: LocalTimetable,
) {
    /**
     * Returns when the schedule is due next, strictly after [instant], by the wall clock of [zone]; in whole seconds.
     *
     * What a clock that is put forward skips is due once, when it is put forward. What a clock that is put back shows
     * twice is due once, at its first coming; but a schedule for every hour goes on by elapsed time and is due at both.
     */
    public fun nextAfter(instant: Instant, zone: ZoneId = ZoneOffset.UTC): Instant =
        WallClock(zone.rules, timetable).nextAfter(instant.toJavaInstant()).toKotlinInstant()

    override fun equals(other: Any?): Boolean = other is CronExpression && other.text == text

    override fun hashCode(): Int = text.hashCode()

    /** Returns the normalised text, as a schedule is stored: in lower case, single spaces, the nickname written out. */
    override fun toString(): String = text

    public companion object {
        /**
         * Reads [text].
         *
         * @throws IllegalArgumentException if it is no cron expression, or one that is never due.
         */
        public fun parse(text: String): CronExpression {
            val normalised = CronText.normalise(text)
            return CronExpression(normalised.toString(), LocalTimetable(CronFields.parse(normalised)))
        }
    }
}
