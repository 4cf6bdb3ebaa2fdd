package io.pgqueuer.exposed

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.pgqueuer.FailureRecord
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Waiting
import kotlin.time.Duration.Companion.hours
import kotlin.time.Instant

/**
 * What workers do reads about as many rows as it touches, whatever the table holds and whatever the planner believes
 * about it: counted by the server, for the statements as they are run. A failure names the index that was read.
 */
class PlanSpec : FunSpec({
    lateinit var full: FullQueue
    beforeSpec { full = FullQueue.fill() }

    fun QueueReads.shouldBeOfFewRows() = withClue(this) {
        sequentialScans shouldBe 0
        updates shouldBeGreaterThanOrEqual ROUNDS * BATCH * 2L
        byIndex.filterValues { it > ROUNDS * MOST_READ }.toList().shouldBeEmpty()
    }

    fun QueueReads.shouldBeOfHeads() = withClue(this) {
        sequentialScans shouldBe 0
        // A wait reads something, or nothing was counted.
        byIndex.values.sum() shouldBeInRange ROUNDS.toLong()..20L * ROUNDS
    }

    for (statistics in Statistics.entries) {
        for (planning in Planning.entries) {
            val case = "with statistics $statistics, planned $planning"

            test("$case, claims, renewals and settles of a million jobs read only what they need") {
                full.measure(statistics, planning) { backend ->
                    repeat(ROUNDS) { backend.work() shouldBe BATCH }
                }.shouldBeOfFewRows()
            }

            test("$case, a claim of nothing due among a million jobs tells at once when to look again") {
                full.measure(statistics, planning) { backend ->
                    repeat(ROUNDS) {
                        val seen = backend.claim(ClaimTarget("later"), ClaimTarget("none")).waiting as Waiting.Seen
                        seen.due shouldBe false
                        seen.queued shouldBe true
                    }
                }.shouldBeOfHeads()
            }
        }
    }
})

private const val ROUNDS = 20
private const val BATCH = 20

/** Of an index, by one round of all statements over a batch: candidates, updates, fences, and some to spare. */
private const val MOST_READ = BATCH * 15L

/** One round of everything a worker does, each statement at least once. Returns how many jobs it claimed. */
private suspend fun PostgresBackend.work(): Int {
    val targets = arrayOf(ClaimTarget("now"), limited("limited", 60_000), ClaimTarget("later"))
    val worker = newWorker()
    val leases = claim(*targets, limit = BATCH, worker = worker).jobs.map { it.lease }
    // Not full, so that it looks at what waits.
    claim(ClaimTarget("later"), limit = 1, worker = worker)
    store.jobs.renew(leases).held shouldBe leases.toSet()
    val outcomes = leases.map { lease ->
        val failure = FailureRecord(lease.jobId.value, Instant.fromEpochSeconds(0), "Boom", "boom", "")
        when (lease.jobId.value % 5) {
            0L -> Outcome.Succeeded
            1L -> Outcome.Failed(failure)
            2L -> Outcome.Held(failure)
            3L -> Outcome.Retried(1.hours, failure)
            else -> Outcome.Released
        }
    }
    store.jobs.settle(leases.zip(outcomes, ::Settlement)) shouldBe leases.toSet()
    insights.inQueue(leases.map { it.jobId })
    return leases.size
}
