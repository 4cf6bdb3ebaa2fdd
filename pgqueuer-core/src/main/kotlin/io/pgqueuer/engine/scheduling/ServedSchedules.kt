package io.pgqueuer.engine.scheduling

import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleDefinition
import io.pgqueuer.cron.StoredZone
import io.pgqueuer.port.ScheduleTarget

/** The schedules that a worker serves, by name and expression. */
internal class ServedSchedules(
    private val definitions: List<ScheduleDefinition>,
) {
    val targets: List<ScheduleTarget> = definitions.map(::target)

    val names: Set<String> get() = definitions.mapTo(linkedSetOf()) { it.name }

    operator fun get(schedule: Schedule): ScheduleDefinition =
        definitions.first { it.name == schedule.name && it.expression == schedule.expression }

    /** A stored zone that this JVM does not know gives way to that of the definition. */
    private fun target(one: ScheduleDefinition): ScheduleTarget {
        val own = one.options.zone
        return ScheduleTarget(one.name, one.expression, StoredZone.nameOf(own), one.options.cleanOld) { instant, zone ->
            one.cron.nextAfter(instant, StoredZone.parse(zone) ?: own)
        }
    }
}
