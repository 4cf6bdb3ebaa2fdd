package io.pgqueuer.conformance

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.CANCELED
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.NewJob
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

fun cancelConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("a queued job is deleted and logged canceled, due or not") {
        val ids = listOf(queue.enqueue("e") { priority = 6 }, queue.enqueue("e") { delay = 1.hours })
        queue.cancel(ids) shouldBe ids.toSet()
        count() shouldBe 0
        ids.forEach { logged(it) shouldContainExactly listOf(QUEUED, CANCELED) }
        log(ids[0]).last().run {
            priority shouldBe 6
            entrypoint shouldBe "e"
            failure.shouldBeNull()
        }
        claim().ids.shouldBeEmpty()
    }

    test("a picked job keeps its lease and its key until its run ends, and the renewal returns it as canceled") {
        val id = queue.enqueue("e") { dedupeKey = "k" }
        val other = queue.enqueue("e")
        val leases = claim().jobs.map { it.lease }
        queue.cancel(listOf(id)) shouldBe setOf(id)
        job(id).run {
            status shouldBe PICKED
            cancelRequestedAt.shouldNotBeNull()
        }
        job(other).cancelRequestedAt.shouldBeNull()
        shouldThrow<DuplicateJobException> { queue.enqueue("e") { dedupeKey = "k" } }
        jobs.renew(leases).run {
            held shouldBe leases.toSet()
            canceled shouldBe setOf(leases[0])
        }
        logged(id) shouldContainExactly listOf(QUEUED, PICKED)
        settle(leases[0], Outcome.Canceled)
        find(id).shouldBeNull()
        logged(id) shouldContainExactly listOf(QUEUED, PICKED, CANCELED)
        queue.enqueue("e") { dedupeKey = "k" }
    }

    test("a picked job that was canceled occupies its slot until its run ends") {
        queue.enqueueAll(List(2) { NewJob("e") })
        val running = claim(concurrencyLimit = 1).jobs.single()
        queue.cancel(listOf(running.job.id))
        claim(concurrencyLimit = 1).ids.shouldBeEmpty()
        settle(running.lease, Outcome.Canceled)
        claim(concurrencyLimit = 1).ids.size shouldBe 1
    }

    test("whatever the outcome of a run, a job that was canceled meanwhile is recorded as canceled") {
        for (make in outcomes(JobId(0)).indices) {
            val id = queue.enqueue("e")
            val other = queue.enqueue("e")
            val (lease, live) = claim().jobs.map { it.lease }
            queue.cancel(listOf(id))
            val outcome = outcomes(id)[make]
            val settlements = listOf(Settlement(lease, outcome), Settlement(live, outcomes(other)[make]))
            withClue(outcome) {
                jobs.settle(settlements) shouldBe if (outcome == Outcome.Canceled) setOf(lease, live) else setOf(live)
                find(id).shouldBeNull()
                logged(id) shouldContainExactly listOf(QUEUED, PICKED, CANCELED)
                log(id).last().failure.shouldBeNull()
                logged(other).last() shouldNotBe PICKED
            }
            clearAll()
        }
    }

    test("a run that is canceled, as by an event alone, ends its job under its lease only") {
        val id = queue.enqueue("e")
        val lost = claimOne().lease
        advance(LEASE + 1.seconds)
        val lease = claimOne(worker = bob).lease
        trySettle(lost, Outcome.Canceled).shouldBeEmpty()
        job(id).status shouldBe PICKED
        settle(lease, Outcome.Canceled)
        logged(id) shouldContainExactly listOf(QUEUED, PICKED, PICKED, CANCELED)
    }

    test("a canceled job whose worker is dead is recorded as canceled when its lease expires, and never runs again") {
        val id = queue.enqueue("e") { dedupeKey = "k" }
        claimOne()
        queue.cancel(listOf(id))
        advance(LEASE - 1.seconds)
        claim(worker = bob).ids.shouldBeEmpty()
        job(id).status shouldBe PICKED
        advance(2.seconds)
        claim(worker = bob, takeOver = false).ids.shouldBeEmpty()
        job(id).status shouldBe PICKED
        claim(worker = bob).ids.shouldBeEmpty()
        find(id).shouldBeNull()
        logged(id).last() shouldBe CANCELED
        queue.enqueue("e") { dedupeKey = "k" }
    }

    test("a canceled job that killed its workers is canceled, not held") {
        val id = queue.enqueue("e")
        repeat(2) {
            claimOne()
            advance(LEASE + 1.seconds)
        }
        claimOne()
        queue.cancel(listOf(id))
        advance(LEASE + 1.seconds)
        claim().ids.shouldBeEmpty()
        find(id).shouldBeNull()
        logged(id).last() shouldBe CANCELED
    }

    test("held, ended and unknown jobs are left alone, beside others that are canceled") {
        val held = held()
        val ended = queue.enqueue("e")
        settle(claimOne().lease, Outcome.Succeeded)
        val queued = queue.enqueue("e")
        queue.cancel(listOf(held, ended, JobId(Long.MAX_VALUE), JobId(-1), queued, queued)) shouldBe setOf(queued)
        job(held).status shouldBe HELD
        logged(held).last() shouldBe HELD
        logged(queued) shouldContainExactly listOf(QUEUED, CANCELED)
    }

    test("a job is canceled once") {
        val id = queue.enqueue("e")
        queue.cancel(listOf(id)) shouldBe setOf(id)
        queue.cancel(listOf(id)).shouldBeEmpty()
        logged(id) shouldContainExactly listOf(QUEUED, CANCELED)
        val running = queue.enqueue("e")
        claimOne()
        queue.cancel(listOf(running)) shouldBe setOf(running)
        queue.cancel(listOf(running)).shouldBeEmpty()
    }

    test("thousands of jobs are canceled in one step") {
        val ids = queue.enqueueAll(List(2_500) { NewJob("e") })
        queue.cancel(ids.drop(1)) shouldBe ids.drop(1).toSet()
        count() shouldBe 1
    }

    test("a cancel of nothing cancels nothing") {
        queue.enqueue("e")
        queue.cancel(emptyList()).shouldBeEmpty()
        jobs.cancel(emptyList()).shouldBeEmpty()
        count() shouldBe 1
    }
}
