package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.DELETED
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.NewJob
import io.pgqueuer.headersOf
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes

fun holdConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("a requeue queues a held job: due now, attempts and rescues at 0, logged without a record") {
        val id = queue.enqueue("e", byteArrayOf(1)) { priority = 2 }
        settle(claimOne().lease, Outcome.Retried(Duration.ZERO, failure(id)))
        settle(claimOne().lease, Outcome.Held(failure(id)))
        advance(1.minutes)
        val before = job(id)
        before.attempts shouldBe 1
        queue.requeue(listOf(id)) shouldBe setOf(id)
        val job = job(id)
        job.status shouldBe QUEUED
        job.attempts shouldBe 0
        job.rescues shouldBe 0
        job.workerId.shouldBeNull()
        job.runAt shouldBe job.updated
        job.updated shouldBeGreaterThan before.updated
        job.created shouldBe before.created
        job.payload shouldBe byteArrayOf(1)
        logged(id) shouldContainExactly listOf(QUEUED, PICKED, QUEUED, PICKED, HELD, QUEUED)
        log(id).last().failure.shouldBeNull()
        claimOne().job.attempts shouldBe 0
    }

    test("a requeue returns the held jobs only, and leaves the others as they are") {
        val held = held()
        val (queued, picked) = queue.enqueueAll(listOf(NewJob("queued"), NewJob("picked")))
        claimOne("picked")
        val ended = queue.enqueue("e")
        settle(claimOne().lease, Outcome.Succeeded)
        queue.requeue(listOf(queued, held, picked, ended, JobId(Long.MAX_VALUE), held)) shouldBe setOf(held)
        job(queued).status shouldBe QUEUED
        job(picked).status shouldBe PICKED
        logged(queued) shouldContainExactly listOf(QUEUED)
        find(ended).shouldBeNull()
        queue.requeue(listOf(held)).shouldBeEmpty()
    }

    test("thousands of held jobs are requeued in one step") {
        val ids = queue.enqueueAll(List(2_000) { NewJob("e") })
        jobs.settle(claim(limit = 2_000).jobs.map { Settlement(it.lease, Outcome.Held(failure(it.job.id))) })
            .size shouldBe 2_000
        queue.requeue(ids) shouldBe ids.toSet()
        count(QUEUED) shouldBe 2_000
    }

    test("a requeue of nothing requeues nothing") {
        queue.requeue(emptyList()).shouldBeEmpty()
        jobs.requeue(emptyList()).shouldBeEmpty()
    }

    test("held jobs are listed by id, in pages, and no others are") {
        queue.enqueue("waits")
        val ids = queue.enqueueAll(List(5) { NewJob("e") { priority = -it } })
        claim().jobs.forEach { settle(it.lease, Outcome.Held(failure(it.job.id))) }
        queue.enqueue("runs")
        claimOne("runs")
        queue.heldJobs().map { it.job.id } shouldContainExactly ids
        queue.heldJobs(limit = 2).map { it.job.id } shouldContainExactly ids.take(2)
        queue.heldJobs(limit = 2, after = ids[1]).map { it.job.id } shouldContainExactly ids.subList(2, 4)
        queue.heldJobs(limit = 2, after = ids[3]).map { it.job.id } shouldContainExactly ids.drop(4)
        queue.heldJobs(limit = 2, after = ids[4]).shouldBeEmpty()
    }

    test("held jobs are listed and counted by entrypoint") {
        val (a, b, c) = listOf(held("a"), held("b"), held("a"))
        queue.enqueue("waits")
        queue.heldJobs(entrypoint = "a").map { it.job.id } shouldContainExactly listOf(a, c)
        queue.heldJobs(entrypoint = "a", limit = 1).map { it.job.id } shouldContainExactly listOf(a)
        queue.heldJobs(entrypoint = "a", after = a).map { it.job.id } shouldContainExactly listOf(c)
        queue.heldJobs(entrypoint = "b").single().run { job.id to failure?.message } shouldBe (b to "boom")
        queue.heldJobs(entrypoint = "waits").shouldBeEmpty()
        backend.insights.heldCounts().toList() shouldContainExactly listOf("a" to 2L, "b" to 1L)
    }

    test("without held jobs nothing is counted") {
        queue.enqueue("waits")
        backend.insights.heldCounts().toList().shouldBeEmpty()
    }

    test("a dismissal deletes the held jobs, logs each deleted, and returns them; others stay as they are") {
        val (held, other) = held() to held()
        val (queued, picked) = queue.enqueueAll(listOf(NewJob("queued"), NewJob("picked")))
        val lease = claimOne("picked").lease
        val ended = queue.enqueue("e")
        settle(claimOne().lease, Outcome.Succeeded)
        queue.dismiss(listOf(queued, held, picked, ended, JobId(Long.MAX_VALUE), held)) shouldBe setOf(held)
        find(held).shouldBeNull()
        logged(held) shouldContainExactly listOf(QUEUED, PICKED, HELD, DELETED)
        log(held).last().failure.shouldBeNull()
        logged(queued) shouldContainExactly listOf(QUEUED)
        logged(ended).last() shouldBe SUCCESSFUL
        job(other).status shouldBe HELD
        settle(lease, Outcome.Succeeded)
        queue.dismiss(listOf(held)).shouldBeEmpty()
        queue.requeue(listOf(held)).shouldBeEmpty()
    }

    test("a dismissal of nothing dismisses nothing, and thousands are dismissed in one step") {
        queue.dismiss(emptyList()).shouldBeEmpty()
        jobs.dismiss(emptyList()).shouldBeEmpty()
        val ids = queue.enqueueAll(List(2_000) { NewJob("e") })
        jobs.settle(claim(limit = 2_000).jobs.map { Settlement(it.lease, Outcome.Held(failure(it.job.id))) })
        queue.dismiss(ids) shouldBe ids.toSet()
        count() shouldBe 0
    }

    test("a listed job has all that the job holds, but of its payload only the size") {
        val id = queue.enqueue("e", byteArrayOf(7)) {
            priority = 3
            dedupeKey = "k"
            headers = headersOf("a" to "b")
        }
        settle(claimOne().lease, Outcome.Held(failure(id)))
        val job = queue.heldJobs().single().job
        job.entrypoint shouldBe "e"
        job.status shouldBe HELD
        job.payload.shouldBeNull()
        job.payloadBytes shouldBe 1
        job.priority shouldBe 3
        job.dedupeKey shouldBe "k"
        job.headers shouldBe headersOf("a" to "b")
        held()
        queue.heldJobs().last().job.payloadBytes.shouldBeNull()
        job(id).payload shouldBe byteArrayOf(7)
        job(id).payloadBytes shouldBe 1
    }
}
