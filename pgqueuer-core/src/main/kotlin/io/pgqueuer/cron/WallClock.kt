package io.pgqueuer.cron

import java.time.Duration
import java.time.Instant
import java.time.LocalDateTime
import java.time.zone.ZoneRules

/** Maps the times of [timetable] to instants, by a clock that [rules] put forward and back. */
internal class WallClock(
    private val rules: ZoneRules,
    private val timetable: LocalTimetable,
) {
    fun nextAfter(instant: Instant): Instant {
        val after = Instant.ofEpochSecond(instant.epochSecond)
        var offset = rules.getOffset(after)
        var transition = rules.nextTransition(after)
        var next = timetable.nextAfter(latestShown(after))
        while (transition != null && next.toInstant(offset) >= transition.instant) {
            if (transition.isGap && next <= transition.dateTimeAfter) return transition.instant
            if (transition.isOverlap && timetable.everyHour) {
                next = timetable.nextAfter(transition.dateTimeAfter.minusSeconds(1))
            }
            offset = transition.offsetAfter
            transition = rules.nextTransition(transition.instant)
        }
        return next.toInstant(offset)
    }

    /** The latest time that the clock has shown by [instant]: what it shows, or more if it was put back lately. */
    private fun latestShown(instant: Instant): LocalDateTime {
        var latest = LocalDateTime.ofEpochSecond(instant.epochSecond, 0, rules.getOffset(instant))
        if (timetable.everyHour) return latest
        var transition = rules.previousTransition(instant.plusSeconds(1))
        while (transition != null && transition.instant > instant - LONGEST_REPEAT) {
            if (transition.isOverlap) latest = maxOf(latest, transition.dateTimeBefore.minusSeconds(1))
            transition = rules.previousTransition(transition.instant)
        }
        return latest
    }

    private companion object {
        /** From one end of the offsets that there can be to the other, -18 to +18 hours. */
        val LONGEST_REPEAT: Duration = Duration.ofHours(36)
    }
}
