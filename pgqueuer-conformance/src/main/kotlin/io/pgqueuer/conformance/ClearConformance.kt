package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.domain.JobStatus.DELETED
import io.pgqueuer.domain.JobStatus.FAILED
import io.pgqueuer.domain.JobStatus.PICKED
import io.pgqueuer.domain.JobStatus.QUEUED
import io.pgqueuer.domain.NewJob
import io.pgqueuer.domain.Outcome

fun clearConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("a clear of an entrypoint deletes its jobs of every status, logs each deleted, and counts them") {
        val held = held()
        val picked = queue.enqueue("e")
        val lease = claimOne().lease
        val queued = queue.enqueue("e")
        val other = queue.enqueue("E")
        queue.clear("e") shouldBe 3
        logged(held) shouldContainExactly listOf(QUEUED, PICKED, FAILED, DELETED)
        logged(picked) shouldContainExactly listOf(QUEUED, PICKED, DELETED)
        logged(queued) shouldContainExactly listOf(QUEUED, DELETED)
        log(queued).last().failure.shouldBeNull()
        count() shouldBe 1
        job(other).status shouldBe QUEUED
        trySettle(lease, Outcome.Succeeded).shouldBeEmpty()
        jobs.renew(listOf(lease)).shouldBeEmpty()
    }

    test("a clear of several entrypoints takes those, of an empty set none") {
        queue.enqueueAll(listOf("a", "b", "b", "c").map { NewJob(it) })
        jobs.clear(emptySet()) shouldBe 0
        jobs.clear(setOf("a", "b", "none such")) shouldBe 3
        backend.insights.queueSize().map { it.entrypoint } shouldContainExactly listOf("c")
    }

    test("a clear of all leaves no job, and its log stays") {
        val id = queue.enqueue("a")
        queue.enqueue("b")
        queue.clear() shouldBe 2
        count() shouldBe 0
        logged(id) shouldContainExactly listOf(QUEUED, DELETED)
        queue.clear() shouldBe 0
    }
}
