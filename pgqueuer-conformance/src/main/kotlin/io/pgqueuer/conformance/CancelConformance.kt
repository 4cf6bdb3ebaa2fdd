package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.CANCELED
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.NewJob
import io.pgqueuer.port.Outcome
import kotlin.time.Duration.Companion.hours

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

    test("a picked job is deleted and logged canceled, and its worker's outcome is refused") {
        val id = queue.enqueue("e")
        val lease = claimOne().lease
        queue.cancel(listOf(id)) shouldBe setOf(id)
        find(id).shouldBeNull()
        outcomes(id).forEach { trySettle(lease, it).shouldBeEmpty() }
        jobs.renew(listOf(lease)).shouldBeEmpty()
        logged(id) shouldContainExactly listOf(QUEUED, PICKED, CANCELED)
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
