package io.pgqueuer.engine.schedule

import io.pgqueuer.domain.Schedule
import io.pgqueuer.port.ScheduleTarget

/** The schedules that a worker was registered for, by name and expression. */
internal class Schedules(
    private val handlers: List<ScheduledHandler>,
) {
    val targets: List<ScheduleTarget> = handlers.map { it.target }

    val names: Set<String> get() = handlers.mapTo(linkedSetOf()) { it.name }

    operator fun get(schedule: Schedule): ScheduledHandler =
        handlers.first { it.name == schedule.name && it.expression == schedule.expression }
}
