package io.pgqueuer.cron

import java.time.Duration
import java.time.Instant
import java.time.LocalDateTime
import java.time.zone.ZoneRules

/** Maps the times of [timetable] to instants, on a clock that [rules] put forward and back. */
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

    /**
     * The latest time that the clock has shown up to [instant]: what it shows now, or a later time if it was recently
     * put back.
     */
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
        /** The distance between the lowest and the highest possible offset, -18 and +18 hours. */
        val LONGEST_REPEAT: Duration = Duration.ofHours(36)
    }
}
