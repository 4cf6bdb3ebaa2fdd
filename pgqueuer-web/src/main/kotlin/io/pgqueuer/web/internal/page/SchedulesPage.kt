package io.pgqueuer.web.internal.page

import io.pgqueuer.CronExpression
import io.pgqueuer.JobStatus
import io.pgqueuer.Schedule
import io.pgqueuer.Schedules
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Site
import io.pgqueuer.web.internal.html.Tab
import io.pgqueuer.web.internal.html.act
import io.pgqueuer.web.internal.html.badge
import io.pgqueuer.web.internal.html.cell
import io.pgqueuer.web.internal.html.listing
import io.pgqueuer.web.internal.html.moment
import io.pgqueuer.web.internal.html.nothing
import kotlinx.html.TD
import kotlinx.html.code
import kotlinx.html.div
import kotlinx.html.p
import kotlinx.html.span
import kotlinx.html.tr
import java.time.DateTimeException
import java.time.ZoneId
import java.time.ZoneOffset

/** The schedules that workers have registered, with their next times and pauses. */
internal suspend fun schedulesPage(schedules: Schedules): Page {
    val all = schedules.list()
    return Page("Schedules", Tab.SCHEDULES) { site ->
        if (all.isEmpty()) nothing("No worker has registered a schedule.")
        if (all.isNotEmpty()) {
            listing(*if (site.mayOperate) arrayOf(*HEADS, "change") else HEADS) {
                all.forEach { schedule ->
                    val expression = parsed(schedule)
                    tr {
                        cell("name") { +schedule.name }
                        cell("expression", "lines") { expression(schedule.expression, expression) }
                        cell("zone") { +schedule.zone }
                        cell("status", "lines") { status(schedule) }
                        cell("last run") { schedule.lastRun?.let { moment(it) } ?: +"-" }
                        cell("next runs", "lines") { times(schedule) }
                        if (site.mayOperate) cell("change") { actions(site, schedule) }
                    }
                }
            }
        }
        p("remark") {
            +"Next runs with an offset such as +01:00 are in the zone of their schedule, others in that of the page. "
            +"A paused schedule does not run, and skips the times that pass until it is resumed. "
            +"A worker that registers a removed schedule stores it again when it starts."
        }
    }
}

private fun TD.expression(text: String, expression: CronExpression?) {
    div { code { +text } }
    expression?.let { div { +it.describe() } }
}

private fun TD.status(schedule: Schedule) {
    val pausedSince = schedule.pausedSince
    // A schedule that is paused may still run, but does not wait.
    if (pausedSince == null || schedule.status == JobStatus.PICKED) div { badge(schedule.status) }
    if (pausedSince != null) {
        div {
            span("badge paused") { +"paused" }
            +" since "
            moment(pausedSince)
        }
    }
}

private fun TD.times(schedule: Schedule) {
    val zone = zoneOf(schedule)
    val times = generateSequence(schedule.nextRun, schedule::nextAfter).take(SHOWN).toList()
    times.forEach { div { if (zone == null) moment(it) else moment(it, zone) } }
    if (times.isEmpty()) +"-"
}

private fun TD.actions(site: Site, schedule: Schedule) {
    if (schedule.pausedSince == null) {
        act(site, "/schedules/run", "Run now", "id" to schedule.id)
        act(site, "/schedules/pause", "Pause", "id" to schedule.id)
    } else {
        act(site, "/schedules/resume", "Resume", "id" to schedule.id)
    }
    act(site, "/schedules/remove", "Remove", "id" to schedule.id, isDangerous = true)
}

/** Null for UTC, in which the page shows all times, and for a zone that this JVM does not know. */
private fun zoneOf(schedule: Schedule): ZoneId? = try {
    ZoneId.of(schedule.zone).takeIf { it.normalized() != ZoneOffset.UTC }
} catch (_: DateTimeException) {
    null
}

/** An expression that Python wrote may be one that this library does not know. */
private fun parsed(schedule: Schedule): CronExpression? = try {
    CronExpression.parse(schedule.expression)
} catch (_: IllegalArgumentException) {
    null
}

private val HEADS = arrayOf("name", "expression", "zone", "status", "last run", "next runs")
private const val SHOWN = 5
