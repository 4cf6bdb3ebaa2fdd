package io.pgqueuer.simulation

import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes

/**
 * Follows the runs of a schedule that is due each minute: no two at once, in a calm time one for each minute, and none while
 * it is paused.
 */
internal class ScheduleChecker(
    private val steps: Steps,
    private val checker: Checker,
) {
    private val runs = LinkedHashSet<Process>()
    private val starts = ArrayList<Duration>()

    fun started(process: Process) {
        runs.filter { it != process && it.mustKnow() }.forEach {
            checker.violation("$process runs the schedule, which $it still runs")
        }
        runs += process
        starts += steps.now
    }

    fun ended(process: Process) {
        runs -= process
    }

    fun killed(process: Process) {
        runs -= process
    }

    /** Checks the minutes between two moments of a calm time. */
    fun requireRuns(from: Duration, until: Duration, within: Duration) {
        var minute = (from.inWholeMinutes + 1).minutes
        while (minute + within < until) {
            val count = starts.count { it >= minute && it < minute + within }
            if (count != 1) checker.violation("the schedule of minute $minute ran $count times within $within")
            minute += 1.minutes
        }
    }

    /** Checks that no run started between two moments. */
    fun requireNone(from: Duration, until: Duration) {
        val count = starts.count { it in from..until }
        if (count > 0) checker.violation("the paused schedule ran $count times between $from and $until")
    }
}
