package io.pgqueuer.cli.torture.check

import io.pgqueuer.JobStatus
import io.pgqueuer.cli.torture.record.Confirmation
import io.pgqueuer.cli.torture.record.Ending
import io.pgqueuer.cli.torture.record.RunKey
import kotlin.time.Duration.Companion.seconds

/**
 * For how long a handler may run on after the lease of its job is gone, if its process could not know that earlier: it
 * was stopped, or the machine was too busy. The simulation allows the same.
 */
internal val MOMENT = 1.seconds

/** Checks each run against its claim: its outcome is what it did, and it does not go on when its lease is gone. */
internal class RunRules(
    private val rules: Rules,
    private val circumstances: Circumstances,
    private val confirmed: Map<RunKey, Confirmation>,
    private val violations: Violations,
) {
    fun check(story: JobStory) {
        for (claim in story.claims) {
            checkLogged(story, claim)
            checkOutcome(story, claim)
            checkConfirmed(story, claim)
            checkEndsWithLease(story, claim)
        }
        story.claims.mapNotNull { it.run }.groupBy { it.key.epoch }.values.filter { it.size > 1 }.forEach {
            violations.add("$story was started ${it.size} times by one claim, at ${it.map(JobRun::begin)}")
        }
    }

    private fun checkLogged(story: JobStory, claim: Claim) {
        if (claim.pick == null && claim.undoneBy == null) {
            violations.add("$story ran at ${claim.run?.begin}, by a claim that the log does not have")
        }
    }

    private fun checkOutcome(story: JobStory, claim: Claim) {
        val outcome = claim.next?.takeIf { it.isOutcome } ?: return
        val run = claim.run
        val wanted = when (outcome.status) {
            JobStatus.SUCCESSFUL -> setOf(Ending.RETURNED)
            JobStatus.EXCEPTION, JobStatus.HELD -> setOf(Ending.FAILED)
            JobStatus.QUEUED -> if (outcome.failure != null) setOf(Ending.FAILED) else ANY_OR_NONE
            else -> ANY_OR_NONE
        }
        val what = "the outcome '${outcome.status.label}' of ${outcome.created}"
        when {
            run == null -> if (null !in wanted) violations.add("$story: $what, but no handler ran")

            run.ending == null -> violations.add("$story: $what, but its handler never ended")

            run.ending !in wanted -> violations.add(
                "$story: $what, but its handler ended as '${run.ending.name.lowercase()}'",
            )

            run.end > outcome.created -> violations.add("$story: $what, but its handler ran until ${run.end}")
        }
    }

    /**
     * Outcomes wait for the disk: not even a crash of the server undoes one that was confirmed.
     *
     * If the answer to a write is lost, the worker asks what became of the job. Then it cannot tell its own success from
     * that of another run. But the job has ended by then.
     */
    private fun checkConfirmed(story: JobStory, claim: Claim) {
        val run = claim.run ?: return
        val (outcome, at) = confirmed[run.key] ?: return
        if (claim.next?.let(outcome::fits) == true) return
        val end = story.rows.lastOrNull()
        if (end != null && end.status.isTerminal && outcome.fits(end) && end.created <= at) return
        violations.add(
            "$story: '${outcome.name.lowercase()}' was confirmed of the run of ${run.begin}, and the log does not have it",
        )
    }

    /**
     * A worker whose lease expires has cancelled its handler before that; see [MOMENT]. If a crash undid the claim, the
     * worker learns of it by its next renewal. If that fails, too, it cancels the handler before its lease expires.
     */
    private fun checkEndsWithLease(story: JobStory, claim: Claim) {
        val run = claim.run ?: return
        val lostAt = claim.lostAt ?: return
        val since = maxOf(lostAt, circumstances.runningSince(run.process, run.claimed, run.end))
        val allowed = if (claim.undoneBy != null) rules.leaseTimeout + MOMENT else MOMENT
        if (run.end > since + allowed) {
            violations.add("$story ran in worker ${run.process} until ${run.end}, its lease was gone at $lostAt")
        }
    }

    private companion object {
        val ANY_OR_NONE = Ending.entries.toSet<Ending?>() + null
    }
}
