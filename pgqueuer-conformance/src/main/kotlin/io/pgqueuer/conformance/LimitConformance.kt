package io.pgqueuer.conformance

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.EntrypointOptions
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.CANCELED
import io.pgqueuer.JobStatus.EXCEPTION
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.NewJob
import io.pgqueuer.WorkerId
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import java.util.UUID
import kotlin.time.Duration.Companion.seconds

fun limitConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("one claim does not exceed the limit, and takes the first of the order") {
        val ids = queue.enqueueAll(List(5) { NewJob("e") { priority = it } })
        claim(concurrencyLimit = 2).ids shouldContainExactly listOf(ids[4], ids[3])
    }

    test("claims of all workers together do not exceed the limit") {
        queue.enqueueAll(List(5) { NewJob("e") })
        claim(concurrencyLimit = 3, limit = 2, worker = alice).jobs.size shouldBe 2
        claim(concurrencyLimit = 3, limit = 2, worker = bob).jobs.size shouldBe 1
        claim(concurrencyLimit = 3).ids.shouldBeEmpty()
    }

    test("jobs that run count against a limit that is lower than their number") {
        queue.enqueueAll(List(5) { NewJob("e") })
        claim(limit = 3)
        claim(concurrencyLimit = 2).ids.shouldBeEmpty()
    }

    test("without a limit, a claim takes all; a limit of 0 is refused") {
        queue.enqueueAll(List(20) { NewJob("e") })
        shouldThrow<IllegalArgumentException> { claim(concurrencyLimit = 0) }.message shouldContain
            "or null for no limit"
        claim(concurrencyLimit = null).jobs.size shouldBe 20
    }

    test("each entrypoint has its own limit, and one at its limit does not keep others back") {
        queue.enqueueAll(
            List(4) { NewJob("one") { priority = 9 } } + List(4) { NewJob("three") } + List(4) { NewJob("any") },
        )
        val batch = jobs.claim(
            ClaimRequest(
                worker = alice,
                targets = listOf(
                    ClaimTarget("one", EntrypointOptions { concurrencyLimit = 1 }),
                    ClaimTarget("three", EntrypointOptions { concurrencyLimit = 3 }),
                    ClaimTarget("any"),
                ),
                limit = 8,
                leaseTimeout = LEASE,
                maxRescues = 3,
            ),
        )
        batch.jobs.groupingBy { it.job.entrypoint }.eachCount() shouldBe mapOf("one" to 1, "three" to 3, "any" to 4)
    }

    test("whatever the outcome of a run, it frees its slot") {
        for (i in outcomes(JobId(0)).indices) {
            val id = queue.enqueue("e")
            val lease = claimOne().lease
            queue.enqueue("e")
            claim(concurrencyLimit = 1, worker = bob).ids.shouldBeEmpty()
            withClue(outcomes(id)[i]) {
                settle(lease, outcomes(id)[i])
                claim(concurrencyLimit = 1, worker = bob).jobs.size shouldBe 1
            }
            clearAll()
        }
    }

    test("a claim that writes the end of a run takes the slot that it frees, whatever the outcome") {
        for (i in outcomes(JobId(0)).indices) {
            val ids = queue.enqueueAll(List(2) { NewJob("e") })
            val run = claim(concurrencyLimit = 1).jobs.single()
            queue.enqueue("e") { priority = 9 }
            val outcome = outcomes(ids[0])[i]
            withClue(outcome) {
                val batch = claim(concurrencyLimit = 1, worker = bob, ended = listOf(Settlement(run.lease, outcome)))
                batch.settled shouldContainExactly setOf(run.lease)
                batch.jobs.single().job.priority shouldBe 9
                logged(run.job.id).size shouldBe 3
            }
            clearAll()
        }
    }

    test("a claim writes several ends, and none of a lease that is gone or of a job that was canceled") {
        val ids = queue.enqueueAll(List(6) { NewJob("e") })
        val runs = claim(concurrencyLimit = 4).jobs.map { it.lease }
        settle(runs[1], Outcome.Succeeded)
        queue.cancel(listOf(ids[2]))
        val batch = claim(
            concurrencyLimit = 4,
            ended = listOf(
                Settlement(runs[3], Outcome.Failed(failure(ids[3]))),
                Settlement(runs[2], Outcome.Succeeded),
                Settlement(runs[1], Outcome.Failed(failure(ids[1]))),
                Settlement(runs[0], Outcome.Succeeded),
            ),
        )
        batch.settled shouldBe setOf(runs[0], runs[3])
        batch.ids shouldContainExactly ids.drop(4)
        ids.map { logged(it).last() } shouldContainExactly
            listOf(SUCCESSFUL, SUCCESSFUL, CANCELED, EXCEPTION, PICKED, PICKED)
    }

    test("an end is written even if nothing is left to claim") {
        val id = queue.enqueue("e")
        val run = claim(concurrencyLimit = 1).jobs.single().lease
        val batch = claim(concurrencyLimit = 1, ended = listOf(Settlement(run, Outcome.Succeeded)))
        batch.settled shouldBe setOf(run)
        batch.ids.shouldBeEmpty()
        logged(id).last() shouldBe SUCCESSFUL
    }

    test("an expired lease keeps its slot, and its takeover needs none") {
        val first = queue.enqueue("e")
        claimOne()
        queue.enqueue("e") { priority = 9 }
        advance(LEASE + 10.seconds)
        claim(concurrencyLimit = 1, worker = bob).ids shouldContainExactly listOf(first)
        claim(concurrencyLimit = 1, worker = bob).ids.shouldBeEmpty()
    }

    test("takeovers and new jobs share a claim as far as slots go") {
        val ids = queue.enqueueAll(List(2) { NewJob("e") })
        claim()
        val more = queue.enqueueAll(List(3) { NewJob("e") })
        advance(LEASE + 10.seconds)
        claim(concurrencyLimit = 4, worker = bob).ids shouldContainExactly ids + more.take(2)
    }

    test("many claims at once do not exceed the limit, round after round, and it is reached") {
        queue.enqueueAll(List(60) { NewJob("e") })
        repeat(6) { round ->
            val claimed = coroutineScope {
                List(12) { n ->
                    async(Dispatchers.Default) {
                        claim(limit = 3, concurrencyLimit = 5, worker = WorkerId(UUID(round.toLong(), n.toLong()))).jobs
                    }
                }.awaitAll().flatten()
            }
            claimed.size shouldBeLessThanOrEqual 5
            val all = claimed + claim(concurrencyLimit = 5).jobs
            all.size shouldBe 5
            count(PICKED) shouldBe 5
            jobs.settle(all.map { Settlement(it.lease, Outcome.Succeeded) }).size shouldBe 5
        }
    }
}
