package io.pgqueuer.exposed

import io.kotest.assertions.withClue
import io.kotest.core.annotation.EnabledIf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.pgqueuer.FailureRecord
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Waiting
import kotlin.time.Duration.Companion.hours
import kotlin.time.Instant

/**
 * What workers do reads about as many rows as it touches, whatever the table holds, whatever the planner believes about
 * it, and whenever it has planned: counted by the server, for the statements as they are run. A failure names the index
 * that was read.
 */
@EnabledIf(PromptCounters::class)
class PlanSpec : FunSpec({
    for (indexes in QueueIndexes.entries) {
        lateinit var full: FullQueue

        fun TableReads.shouldBeOfFewRows() = withClue(this) {
            sequentialScans shouldBe 0
            updates shouldBeGreaterThanOrEqual ROUNDS * BATCH * 2L
            byIndex.filter { (index, read) -> read > ROUNDS * indexes.mostRead(index) }.toList().shouldBeEmpty()
        }

        fun TableReads.shouldBeOfHeads() = withClue(this) {
            sequentialScans shouldBe 0
            // A wait reads something, or nothing was counted.
            byIndex.filterKeys { it !in indexes.ofPicked }.values.sum() shouldBeInRange ROUNDS.toLong()..20L * ROUNDS
            byIndex.filter { (index, read) -> read > ROUNDS * indexes.mostRead(index) }.toList().shouldBeEmpty()
        }

        test("$indexes: a million jobs are queued") {
            full = FullQueue.fill(indexes, { backend -> repeat(WARM_UP) { backend.work() } }, { it.workOnFewJobs() })
        }

        // In this order, before the statistics are changed.
        for (before in listOf("empty", "small")) {
            test(
                "$indexes, planned while the queue was $before: claims, renewals and settles read only what they need",
            ) {
                full.measureEarly { backend ->
                    repeat(ROUNDS) { backend.work() shouldBe BATCH }
                }.shouldBeOfFewRows()
            }
        }

        for (statistics in Statistics.entries) {
            for (planning in Planning.entries) {
                val case = "$indexes, with statistics $statistics, planned $planning"

                test("$case: claims, renewals and settles read only what they need") {
                    full.measure(statistics, planning) { backend ->
                        repeat(ROUNDS) { backend.work() shouldBe BATCH }
                    }.shouldBeOfFewRows()
                }

                test("$case: a claim of nothing due tells at once when to look again") {
                    full.measure(statistics, planning) { backend ->
                        repeat(ROUNDS) {
                            val seen = backend.claim(ClaimTarget("later"), ClaimTarget("none")).waiting as Waiting.Seen
                            seen.due shouldBe false
                            seen.queued shouldBe true
                        }
                    }.shouldBeOfHeads()
                }

                test("$case: a claim of a paused entrypoint reads none of its jobs") {
                    full.measure(statistics, planning) { backend ->
                        backend.queue.pause("now")
                        repeat(ROUNDS) {
                            val batch = backend.claim(ClaimTarget("now"), ClaimTarget("later"), ClaimTarget("none"))
                            batch.jobs.shouldBeEmpty()
                            (batch.waiting as Waiting.Seen).due shouldBe false
                        }
                        backend.queue.resume("now")
                    }.shouldBeOfHeads()
                }
            }
        }
    }
})

private const val ROUNDS = 20
private const val BATCH = 20

/**
 * The most to read of an index in a round of all statements over a batch: candidates, updates, fences, and some to
 * spare. The planner may prefer Python's indexes of picked jobs to ours, and passes the jobs of other entrypoints then.
 */
private fun QueueIndexes.mostRead(index: String): Long =
    BATCH * 15L + if (index in ofPicked) 5L * FullQueue.PICKED else 0

/** Enough for PostgreSQL to plan for all parameters at once, and to keep the plan. */
private const val WARM_UP = 8

private suspend fun PostgresBackend.workOnFewJobs() {
    queue.enqueueAll(List(BATCH * WARM_UP) { NewJob("now") })
    repeat(WARM_UP) { work() shouldBe BATCH }
}

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
    manage(leases.map { it.jobId })
    return leases.size
}

/** Each statement by which an application changes jobs; of [settled], some are held, some queued, and some gone. */
private suspend fun PostgresBackend.manage(settled: List<JobId>) {
    val (requeued, dismissed) = settled.filter { it.value % 5 == 2L }.partition { it.value % 2 == 0L }
    queue.requeue(requeued) shouldBe requeued.toSet()
    queue.dismiss(dismissed) shouldBe dismissed.toSet()
    queue.cancel(requeued) shouldBe requeued.toSet()
    val retried = settled.filter { it.value % 5 == 3L }
    queue.runNow(retried) shouldBe retried.toSet()
}
