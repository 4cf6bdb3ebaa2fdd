package io.pgqueuer.cron

import com.cronutils.model.definition.CronDefinition
import com.cronutils.model.definition.CronDefinitionBuilder
import com.cronutils.model.time.ExecutionTime
import com.cronutils.parser.CronParser
import java.time.LocalDateTime
import java.time.ZoneOffset
import kotlin.jvm.optionals.getOrNull

/** The wall-clock times of a cron expression, on a clock that is never put forward or back. */
internal class LocalTimetable(
    fields: CronFields,
) {
    val everyHour: Boolean = fields.everyHour

    private val executionTimes = CronParser(DEFINITION).let { parser ->
        fields.alternatives().map { ExecutionTime.forCron(parser.parse(it)) }
    }

    /** Returns the first time after [time], which must be in whole seconds. */
    fun nextAfter(time: LocalDateTime): LocalDateTime {
        // The calendar repeats, including its weekdays, and the library has no years before the first.
        val shift = RECENT_CYCLE - Math.floorDiv(time.year.toLong(), CYCLE_YEARS) * CYCLE_YEARS
        // UTC has no gaps, so the library's own handling of gaps is not used.
        val date = time.plusYears(shift).atZone(ZoneOffset.UTC)
        val next = executionTimes.mapNotNull { it.nextExecution(date).getOrNull() }.min()
        return next.toLocalDateTime().minusYears(shift)
    }

    private companion object {
        const val CYCLE_YEARS = 400L
        const val RECENT_CYCLE = 2000L

        /**
         * None of the predefined definitions fits. One that supports `?` would require a day to match both day fields.
         */
        val DEFINITION: CronDefinition = CronDefinitionBuilder.defineCron()
            .withSeconds().withValidRange(0, 59).and()
            .withMinutes().withValidRange(0, 59).and()
            .withHours().withValidRange(0, 23).and()
            .withDayOfMonth().withValidRange(1, 31).supportsL().and()
            .withMonth().withValidRange(1, 12).and()
            .withDayOfWeek().withValidRange(0, 6).withMondayDoWValue(1).supportsHash().supportsL().and()
            .instance()
    }
}
