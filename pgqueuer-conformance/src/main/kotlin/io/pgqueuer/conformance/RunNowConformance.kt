package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.NewJob
import io.pgqueuer.port.Outcome
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes

fun runNowConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("a deferred job is due now, keeps its attempts and priority, and nothing is logged") {
        val id = queue.enqueue("e") { priority = 3 }
        settle(claimOne().lease, Outcome.Retried(1.hours, failure(id)))
        claim().jobs.shouldBeEmpty()
        advance(1.minutes)
        val before = job(id)
        queue.runNow(listOf(id)) shouldBe setOf(id)
        val job = job(id)
        job.status shouldBe QUEUED
        job.attempts shouldBe 1
        job.priority shouldBe 3
        job.runAt shouldBe job.updated
        job.updated shouldBeGreaterThan before.updated
        logged(id) shouldContainExactly listOf(QUEUED, PICKED, QUEUED)
        claimOne().job.id shouldBe id
    }

    test("jobs made due are claimed by priority, then by id") {
        val (low, other, high) = queue.enqueueAll(
            listOf(
                NewJob("e") { delay = 2.hours },
                NewJob("e") { delay = 1.hours },
                NewJob("e") {
                    delay = 3.hours
                    priority = 1
                },
            ),
        )
        queue.runNow(listOf(high, other, low)) shouldBe setOf(low, other, high)
        claim().jobs.map { it.job.id } shouldContainExactly listOf(high, low, other)
    }

    test("due, running, held and ended jobs stay as they are") {
        val held = held()
        val (due, running, deferred) = queue.enqueueAll(
            listOf(NewJob("due"), NewJob("running"), NewJob("deferred") { delay = 1.hours }),
        )
        val lease = claimOne("running").lease
        val ended = queue.enqueue("ended")
        settle(claimOne("ended").lease, Outcome.Succeeded)
        val before = listOf(due, running, held).map { job(it).runAt to job(it).updated }
        queue.runNow(listOf(due, running, held, ended, JobId(Long.MAX_VALUE), deferred, deferred)) shouldBe
            setOf(deferred)
        listOf(due, running, held).map { job(it).runAt to job(it).updated } shouldBe before
        queue.runNow(listOf(deferred)).shouldBeEmpty()
        queue.runNow(emptyList()).shouldBeEmpty()
        jobs.runNow(emptyList()).shouldBeEmpty()
        settle(lease, Outcome.Succeeded)
    }

    test("a job of a paused entrypoint is due, and waits for the end of the pause") {
        val id = queue.enqueue("e") { delay = 1.hours }
        queue.pause("e")
        queue.runNow(listOf(id)) shouldBe setOf(id)
        claim().jobs.shouldBeEmpty()
        queue.resume("e")
        claimOne().job.id shouldBe id
    }
}
