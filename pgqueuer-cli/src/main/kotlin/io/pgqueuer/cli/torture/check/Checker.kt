package io.pgqueuer.cli.torture.check

/**
 * Checks what a torture has left behind: the log, and the records of the handlers.
 *
 * The rules are those of the simulation's checker. The code is not: that one follows every call of the store while it
 * happens, and knows all leases. This one has only what was written, by processes that were killed, and must find out
 * which run belongs to which row of the log.
 */
internal fun check(evidence: Evidence): Verdict {
    val violations = Violations()
    (evidence.troubles + evidence.told.strange).forEach(violations::add)
    val circumstances = Circumstances(evidence.faults, evidence.records.flatMap { it.pauses })
    val stories = JobStory.all(evidence, circumstances)
    val repeats = Repeats(circumstances, violations)
    val logRules = LogRules(evidence, violations)
    val confirmed = evidence.records.flatMap { it.settled.entries }.associate { it.key to it.value }
    val runRules = RunRules(evidence.rules, circumstances, confirmed, violations)
    val promiseRules = PromiseRules(evidence, circumstances, violations)
    for (story in stories) {
        logRules.check(story)
        runRules.check(story)
        promiseRules.check(story)
        repeats.check(story)
    }
    LimitRules(evidence, violations).run {
        checkLog()
        checkRuns(stories)
    }
    ScheduleRules(evidence, circumstances, violations).check()
    return Verdict(violations.all, violations.lost, repeats.byCause)
}
