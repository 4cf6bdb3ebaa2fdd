package io.pgqueuer.web.internal.page

import io.pgqueuer.CronExpression
import io.pgqueuer.Schedule
import io.pgqueuer.Schedules
import io.pgqueuer.web.internal.html.Page
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
import kotlinx.html.tr
import kotlin.time.Instant

/** The schedules that workers have registered, with their next times. */
internal suspend fun schedulesPage(schedules: Schedules): Page {
    val all = schedules.list()
    return Page("Schedules", Tab.SCHEDULES) { site ->
        if (all.isEmpty()) nothing("No worker has registered a schedule.")
        if (all.isNotEmpty()) {
            listing("name", "expression", "status", "last run", "next runs", "") {
                all.forEach { schedule ->
                    val expression = parsed(schedule)
                    tr {
                        cell("name") { +schedule.name }
                        cell("expression", "lines") { expression(schedule.expression, expression) }
                        cell("status") { badge(schedule.status) }
                        cell("last run") { schedule.lastRun?.let { moment(it) } ?: +"-" }
                        cell("next runs", "lines") { times(schedule.nextRun, expression) }
                        cell("") {
                            act(site, "/schedules/run", "Run now", "id" to schedule.id)
                            act(site, "/schedules/remove", "Remove", "id" to schedule.id, isDangerous = true)
                        }
                    }
                }
            }
        }
        p("remark") {
            +"The times after the next one are for the zone UTC: the zone of a schedule is known to its workers alone. "
            +"A worker that registers a removed schedule stores it again when it starts."
        }
    }
}

private fun TD.expression(text: String, expression: CronExpression?) {
    div { code { +text } }
    expression?.let { div { +it.describe() } }
}

private fun TD.times(next: Instant, expression: CronExpression?) {
    generateSequence(next) { expression?.nextAfter(it) }.take(1 + LATER).forEach { div { moment(it) } }
}

/** An expression that Python wrote may be one that this library does not know. */
private fun parsed(schedule: Schedule): CronExpression? = try {
    CronExpression.parse(schedule.expression)
} catch (_: IllegalArgumentException) {
    null
}

private const val LATER = 4
