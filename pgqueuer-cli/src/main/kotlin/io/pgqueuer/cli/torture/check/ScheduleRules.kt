package io.pgqueuer.cli.torture.check

/** Checks that the schedule runs, and that no two of its runs overlap for longer than its worker needs to notice. */
internal class ScheduleRules(
    private val evidence: Evidence,
    private val circumstances: Circumstances,
    private val violations: Violations,
) {
    fun check() {
        val runs = evidence.records.flatMap { it.scheduleRuns }.sortedBy { it.begin }
        if (runs.isEmpty()) violations.add("the schedule never ran")
        for ((run, next) in runs.zipWithNext()) {
            val crash = circumstances.crashBetween(run.claimed, next.begin)
            val noticed = maxOf(next.begin, circumstances.runningSince(run.process, run.claimed, run.end))
            // A crash may have undone the claim of the run; see RunRules.
            val allowed = if (crash == null) noticed else maxOf(noticed, crash.to + evidence.rules.leaseTimeout)
            if (run.end > allowed + MOMENT) {
                violations.add(
                    "the schedule ran in worker ${run.process} until ${run.end}, and in worker ${next.process} " +
                        "from ${next.begin}",
                )
            }
        }
    }
}
