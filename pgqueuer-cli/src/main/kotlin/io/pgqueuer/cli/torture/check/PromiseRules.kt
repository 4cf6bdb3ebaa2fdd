package io.pgqueuer.cli.torture.check

import io.pgqueuer.JobStatus

/** Checks that cancellations and requeues which were confirmed have taken effect. [LogRules] checks enqueues. */
internal class PromiseRules(
    private val evidence: Evidence,
    private val circumstances: Circumstances,
    private val violations: Violations,
) {
    private val told = evidence.told

    fun check(story: JobStory) {
        checkCanceled(story)
        val requeues = story.rows.zipWithNext().count { (before, after) ->
            before.status == JobStatus.HELD && after.status == JobStatus.QUEUED
        }
        val confirmed = told.requeued[story.id] ?: 0
        if (requeues < confirmed) violations.add("$story was requeued $confirmed times, the log has $requeues")
    }

    private fun checkCanceled(story: JobStory) {
        val at = told.canceled[story.id] ?: return
        if (story.rows.lastOrNull()?.status !=
            JobStatus.CANCELED
        ) {
            violations.add("$story was canceled, and ended otherwise")
        }
        for (run in story.claims.mapNotNull { it.run }) {
            if (run.claimed > at) violations.add("$story was canceled at $at, and ran again at ${run.begin}")
            // If the notification is lost, the next renewal tells. If that fails, the handler ends with its lease.
            val since = maxOf(
                circumstances.runningSince(run.process, at, run.end),
                circumstances.serverBackAt(at, run.end),
            )
            val late = run.end - since - evidence.rules.leaseTimeout - MOMENT
            if (late.isPositive()) violations.add("$story was canceled at $at, and its handler ran until ${run.end}")
        }
    }
}
