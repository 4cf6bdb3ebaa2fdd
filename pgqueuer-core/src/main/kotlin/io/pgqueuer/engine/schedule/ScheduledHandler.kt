package io.pgqueuer.engine.schedule

import io.pgqueuer.CronExpression
import io.pgqueuer.ScheduleContext
import io.pgqueuer.domain.Schedule
import io.pgqueuer.domain.requireEntrypoint
import io.pgqueuer.engine.Handler
import io.pgqueuer.port.ScheduleTarget
import java.time.ZoneId

/** One registered schedule with its handler. */
internal class ScheduledHandler(
    val name: String,
    cron: CronExpression,
    zone: ZoneId,
    cleanOld: Boolean,
    val handler: Handler<ScheduleContext, Schedule>,
) {
    init {
        requireEntrypoint(name)
    }

    val expression: String = cron.toString()

    val target = ScheduleTarget(name, expression, cleanOld) { cron.nextAfter(it, zone) }

    override fun toString(): String = "schedule '$name' ($expression)"
}
