package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobStatus.DELETED
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.NewJob
import io.pgqueuer.port.Outcome

fun clearConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("a clear of an entrypoint deletes its jobs of every status, logs each deleted, and counts them") {
        val held = held()
        val picked = queue.enqueue("e")
        val lease = claimOne().lease
        val queued = queue.enqueue("e")
        val other = queue.enqueue("E")
        queue.clear("e") shouldBe 3
        logged(held) shouldContainExactly listOf(QUEUED, PICKED, HELD, DELETED)
        logged(picked) shouldContainExactly listOf(QUEUED, PICKED, DELETED)
        logged(queued) shouldContainExactly listOf(QUEUED, DELETED)
        log(queued).last().failure.shouldBeNull()
        count() shouldBe 1
        job(other).status shouldBe QUEUED
        trySettle(lease, Outcome.Succeeded).shouldBeEmpty()
        jobs.renew(listOf(lease)).held.shouldBeEmpty()
    }

    test("a clear takes the jobs of its entrypoint, and no others") {
        queue.enqueueAll(listOf("a", "b", "b", "c").map { NewJob(it) })
        queue.clear("none such") shouldBe 0
        queue.clear("b") shouldBe 2
        backend.insights.queueSize().map { it.entrypoint } shouldContainExactly listOf("a", "c")
    }
}
