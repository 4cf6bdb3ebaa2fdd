package io.pgqueuer.engine.scheduling

import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleDefinition
import io.pgqueuer.port.ScheduleTarget

/** The schedules that a worker serves, by name and expression. */
internal class ServedSchedules(
    private val definitions: List<ScheduleDefinition>,
) {
    val targets: List<ScheduleTarget> = definitions.map { one ->
        ScheduleTarget(one.name, one.expression, one.options.cleanOld) { one.cron.nextAfter(it, one.options.zone) }
    }

    val names: Set<String> get() = definitions.mapTo(linkedSetOf()) { it.name }

    operator fun get(schedule: Schedule): ScheduleDefinition =
        definitions.first { it.name == schedule.name && it.expression == schedule.expression }
}
