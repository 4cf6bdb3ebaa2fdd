package io.pgqueuer.cli.torture.check

import io.pgqueuer.cli.torture.record.FaultKind
import kotlin.time.Instant

/** Why a job ran again although its last run had not failed. [label] is what the report calls it. */
internal enum class Cause(
    val label: String,
) {
    CLAIM_UNDONE("claim undone by a crash"),
    KILLED("worker killed"),
    STOPPED("worker stopped"),
    SHUT_DOWN("worker shut down"),
    SERVER_DOWN("server down"),
    CUT("connection cut"),
    MACHINE("machine too busy"),
}

/**
 * Counts runs after which a job ran again without having failed, by cause. Each needs one: a fault that hit its worker
 * or the server before the job was free again.
 */
internal class Repeats(
    private val circumstances: Circumstances,
    private val violations: Violations,
) {
    private val counts = sortedMapOf<Cause, Int>()

    val byCause: Map<Cause, Int> get() = counts

    fun check(story: JobStory) {
        val runs = story.claims.filter { it.run != null }
        for (claim in runs) {
            val freeAt = claim.releasedAt ?: claim.lostAt ?: continue
            val cause = cause(claim, freeAt)
            if (cause == null) {
                val run = claim.run
                violations.add("$story could run again at $freeAt; nothing had happened to worker ${run?.process}")
            } else if (claim !== runs.last()) {
                counts.merge(cause, 1, Int::plus)
            }
        }
    }

    private fun cause(claim: Claim, freeAt: Instant): Cause? {
        val run = claim.run ?: return null
        fun hit(kind: FaultKind) = circumstances.wasHit(run.process, kind, run.claimed, freeAt)
        return when {
            claim.undoneBy != null -> Cause.CLAIM_UNDONE
            hit(FaultKind.KILL) -> Cause.KILLED
            hit(FaultKind.STOP) -> Cause.STOPPED
            hit(FaultKind.SHUTDOWN) -> Cause.SHUT_DOWN
            circumstances.wasServerDown(run.claimed, freeAt) -> Cause.SERVER_DOWN
            hit(FaultKind.CUT_CONNECTIONS) || hit(FaultKind.CUT_LISTENER) -> Cause.CUT
            circumstances.wasPaused(run.process, run.claimed, freeAt) -> Cause.MACHINE
            else -> null
        }
    }
}
