package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.port.Outcome
import kotlin.time.Duration.Companion.seconds

fun poisonConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    /**
     * Claims with [maxRescues] until no job is returned, and lets each lease expire. Returns how often a job was
     * returned.
     */
    suspend fun StoreUnderTest.runsUntilHeld(maxRescues: Int): Int {
        var runs = 0
        while (claim(maxRescues = maxRescues).jobs.isNotEmpty()) {
            runs++
            advance(LEASE + 10.seconds)
        }
        return runs
    }

    suspend fun StoreUnderTest.shouldBeHeld(id: JobId) {
        val job = job(id)
        job.status shouldBe HELD
        job.workerId.shouldBeNull()
        // Python's requeue does not reset it: the next dead worker would hold the job at once.
        job.rescues shouldBe 0
    }

    test("a job is run as often as its lease may expire, and then held") {
        for (maxRescues in 1..4) {
            val id = queue.enqueue("e")
            runsUntilHeld(maxRescues) shouldBe maxRescues
            shouldBeHeld(id)
            logged(id) shouldContainExactly listOf(QUEUED) + List(maxRescues) { PICKED } + HELD
        }
    }

    test("its log record names the job, the entrypoint and how often its lease expired") {
        val id = queue.enqueue("it's \"poison\"")
        repeat(2) {
            claim("it's \"poison\"", maxRescues = 2)
            advance(LEASE + 10.seconds)
        }
        claim("it's \"poison\"", maxRescues = 2, worker = bob).ids.shouldBeEmpty()
        val record = log(id).last().failure.shouldNotBeNull()
        record.jobId shouldBe id.value
        record.type shouldBe "io.pgqueuer.PoisonJobException"
        record.message shouldContain "$id"
        record.message shouldContain "it's \"poison\""
        record.message shouldContain "2"
    }

    test("a poison job does not keep others from being claimed") {
        val poison = queue.enqueue("e") { priority = 9 }
        claimOne()
        val ids = List(3) { queue.enqueue("e") }
        advance(LEASE + 10.seconds)
        val batch = claim(maxRescues = 1, worker = bob)
        batch.ids shouldContainExactly ids
        batch.held.map { it.id to it.entrypoint } shouldContainExactly listOf(poison to "e")
        shouldBeHeld(poison)
        claim(maxRescues = 1, worker = bob).held.shouldBeEmpty()
    }

    test("a poison job gives up its slot") {
        queue.enqueue("e")
        claimOne()
        val next = queue.enqueue("e")
        advance(LEASE + 10.seconds)
        val claims = List(2) { claim(maxRescues = 1, concurrencyLimit = 1, worker = bob).ids }
        claims.flatten() shouldContainExactly listOf(next)
    }

    test("a held poison job is listed, and its last worker can change it no more") {
        val id = queue.enqueue("e")
        val lease = claimOne().lease
        advance(LEASE + 10.seconds)
        claim(maxRescues = 1, worker = bob)
        queue.heldJobs().map { it.job.id } shouldContain id
        jobs.renew(listOf(lease)).held.shouldBeEmpty()
        trySettle(lease, Outcome.Succeeded).shouldBeEmpty()
        shouldBeHeld(id)
    }

    test("a requeued poison job has all its chances again") {
        val id = queue.enqueue("e")
        runsUntilHeld(maxRescues = 2) shouldBe 2
        queue.requeue(listOf(id)) shouldBe setOf(id)
        job(id).rescues shouldBe 0
        runsUntilHeld(maxRescues = 2) shouldBe 2
    }

    test("a job whose handler fails in time is no poison, however often it runs") {
        val id = queue.enqueue("e")
        repeat(5) { settle(claim(maxRescues = 1).jobs.single().lease, Outcome.Retried(0.seconds, failure(id))) }
        job(id).status shouldBe QUEUED
        job(id).attempts shouldBe 5
    }
}
