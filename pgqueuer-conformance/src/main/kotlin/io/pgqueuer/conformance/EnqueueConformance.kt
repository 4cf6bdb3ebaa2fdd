package io.pgqueuer.conformance

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldBeStrictlyIncreasing
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.NewJob
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds

fun enqueueConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("a job with nothing but an entrypoint is queued with the defaults, due now") {
        val job = job(queue.enqueue("e"))
        job.entrypoint shouldBe "e"
        job.status shouldBe QUEUED
        job.priority shouldBe 0
        job.payload.shouldBeNull()
        job.headers.shouldBeNull()
        job.dedupeKey.shouldBeNull()
        job.attempts shouldBe 0
        job.rescues shouldBe 0
        job.workerId.shouldBeNull()
        job.leaseEpoch shouldBe 0
        job.updated shouldBe job.created
        job.runAt shouldBe job.created
        claim().ids shouldContainExactly listOf(job.id)
    }

    test("each stored job is logged as queued, with its entrypoint and priority") {
        val id = queue.enqueue("e") { priority = 7 }
        val entry = log(id).single()
        entry.jobId shouldBe id
        entry.status shouldBe QUEUED
        entry.priority shouldBe 7
        entry.entrypoint shouldBe "e"
        entry.failure.shouldBeNull()
        entry.created shouldBeGreaterThanOrEqualTo job(id).created
    }

    test("a delay puts the due time that much after the creation") {
        val job = job(queue.enqueue("e") { delay = 36.hours + 1.milliseconds })
        job.runAt - job.created shouldBe 36.hours + 1.milliseconds
        job.status shouldBe QUEUED
    }

    test("the longest delay can be stored") {
        val job = job(queue.enqueue("e") { delay = NewJob.MAX_DELAY })
        job.runAt - job.created shouldBe NewJob.MAX_DELAY
    }

    test("the whole range of priorities can be stored") {
        job(queue.enqueue("e") { priority = Int.MIN_VALUE }).priority shouldBe Int.MIN_VALUE
        job(queue.enqueue("e") { priority = Int.MAX_VALUE }).priority shouldBe Int.MAX_VALUE
    }

    test("a batch returns its ids, ascending, in the order of the input") {
        val ids = queue.enqueueAll(List(500) { NewJob("e", "$it".encodeToByteArray()) { priority = it % 3 } })
        ids.map { it.value }.shouldBeStrictlyIncreasing()
        listOf(0, 1, 250, 499).forEach { job(ids[it]).payload?.decodeToString() shouldBe "$it" }
    }

    test("a batch of more than 10,000 is stored whole and in order") {
        val ids = queue.enqueueAll(List(10_001) { NewJob("e", "$it".encodeToByteArray()) })
        ids.map { it.value }.shouldBeStrictlyIncreasing()
        count(QUEUED) shouldBe 10_001
        listOf(0, 9_999, 10_000).forEach { job(ids[it]).payload?.decodeToString() shouldBe "$it" }
    }

    test("a batch of more than 10,000 whose last job is a duplicate stores nothing") {
        queue.enqueue("other") { dedupeKey = "k" }
        shouldThrow<DuplicateJobException> {
            queue.enqueueAll(List(10_000) { NewJob("e") } + NewJob("e") { dedupeKey = "k" })
        }
        count() shouldBe 1
    }

    test("an empty batch stores nothing") {
        queue.enqueueAll(emptyList()).shouldBeEmpty()
        count() shouldBe 0
    }
}
