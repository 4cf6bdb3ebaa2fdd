package io.pgqueuer.cli.torture.check

import io.pgqueuer.JobStatus
import kotlin.time.Instant

/** Checks that no more jobs of a limited entrypoint are picked, by the log, and run, by the handlers, than may be. */
internal class LimitRules(
    private val evidence: Evidence,
    private val violations: Violations,
) {
    private val limits = evidence.rules.limits

    /**
     * A job whose lease has expired keeps its slot until it is claimed again. If a crash undoes a claim, it undoes its
     * row in the log, too. So the log alone tells how many are picked, in the order of its ids: a claim that took the
     * slot of another job saw the end of that job, and so wrote its own row later.
     */
    fun checkLog() {
        val picked = limits.mapValues { mutableSetOf<Long>() }
        for (row in evidence.tables.log) {
            val jobs = picked[row.entrypoint] ?: continue
            if (row.status == JobStatus.PICKED) jobs += row.jobId else jobs -= row.jobId
            val limit = limits.getValue(row.entrypoint)
            if (jobs.size > limit) {
                violations.add(
                    "${jobs.size} jobs of '${row.entrypoint}' are picked at ${row.created}, limit $limit: $jobs",
                )
            }
        }
    }

    /** A run counts until it ends, or its claim no longer takes a slot. */
    fun checkRuns(stories: List<JobStory>) {
        val spans = stories.flatMap {
            it.claims
        }.mapNotNull(::span).filter { it.begin < it.end }.groupBy { it.entrypoint }
        for ((entrypoint, limit) in limits) {
            val running = mutableListOf<Span>()
            for (span in spans[entrypoint].orEmpty().sortedBy { it.begin }) {
                running.removeAll { it.end <= span.begin }
                running += span
                if (running.size > limit) {
                    val jobs = running.map { it.job }
                    violations.add("${jobs.size} jobs of '$entrypoint' run at ${span.begin}, limit $limit: $jobs")
                }
            }
        }
    }

    private class Span(
        val job: Long,
        val entrypoint: String,
        val begin: Instant,
        val end: Instant,
    )

    private fun span(claim: Claim): Span? = claim.run?.run {
        Span(key.id, key.entrypoint, begin, end = minOf(end, claim.slotUntil ?: end))
    }
}
