package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.JobStatus.EXCEPTION
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.headersOf
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

fun settleConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("a success deletes the job and logs it successful, without a record") {
        val id = queue.enqueue("e") { priority = 4 }
        val lease = claimOne().lease
        settle(lease, Outcome.Succeeded)
        find(id).shouldBeNull()
        val last = log(id).last()
        last.status shouldBe SUCCESSFUL
        last.priority shouldBe 4
        last.entrypoint shouldBe "e"
        last.failure.shouldBeNull()
    }

    test("a failure deletes the job and logs it exception, with its record") {
        val id = queue.enqueue("e")
        val lease = claimOne().lease
        settle(lease, Outcome.Failed(failure(id)))
        find(id).shouldBeNull()
        log(id).last().status shouldBe EXCEPTION
        log(id).last().failure shouldBe failure(id)
    }

    test("a hold keeps the job as failed, without a worker, stamped now, and logs its record") {
        val id = queue.enqueue("e", byteArrayOf(1)) { dedupeKey = "k" }
        val lease = claimOne().lease
        advance(1.minutes)
        val before = job(id)
        settle(lease, Outcome.Held(failure(id)))
        val job = job(id)
        job.status shouldBe HELD
        job.workerId.shouldBeNull()
        job.updated shouldBeGreaterThan before.updated
        job.attempts shouldBe 0
        job.payload shouldBe byteArrayOf(1)
        job.dedupeKey shouldBe "k"
        logged(id) shouldContainExactly listOf(QUEUED, PICKED, HELD)
        log(id).last().failure shouldBe failure(id)
    }

    test(
        "a retry queues the job in place: due after the delay, one attempt more, stamped now, logged with its record",
    ) {
        val id = queue.enqueue("e", byteArrayOf(1)) {
            priority = 5
            dedupeKey = "k"
            headers = headersOf("a" to "b")
        }
        val lease = claimOne().lease
        advance(1.minutes)
        val before = job(id)
        settle(lease, Outcome.Retried(90.seconds + 5.milliseconds, failure(id)))
        val job = job(id)
        job.status shouldBe QUEUED
        job.workerId.shouldBeNull()
        job.attempts shouldBe 1
        job.updated shouldBeGreaterThan before.updated
        job.runAt - job.updated shouldBe 90.seconds + 5.milliseconds
        job.created shouldBe before.created
        job.payload shouldBe byteArrayOf(1)
        job.priority shouldBe 5
        job.dedupeKey shouldBe "k"
        job.headers shouldBe headersOf("a" to "b")
        logged(id) shouldContainExactly listOf(QUEUED, PICKED, QUEUED)
        log(id).last().failure shouldBe failure(id)
    }

    test("a retry with a delay is claimed once it is due, one without at once; each counts") {
        val id = queue.enqueue("e")
        settle(claimOne().lease, Outcome.Retried(10.minutes, failure(id)))
        claim().ids.shouldBeEmpty()
        advance(10.minutes)
        settle(claimOne().lease, Outcome.Retried(Duration.ZERO, failure(id)))
        claimOne().job.attempts shouldBe 2
    }

    test("a release queues the job, due now, attempts as they were, and logs it queued without a record") {
        val id = queue.enqueue("e")
        settle(claimOne().lease, Outcome.Retried(Duration.ZERO, failure(id)))
        val lease = claimOne().lease
        advance(1.minutes)
        val before = job(id)
        settle(lease, Outcome.Released)
        val job = job(id)
        job.status shouldBe QUEUED
        job.workerId.shouldBeNull()
        job.attempts shouldBe 1
        job.updated shouldBeGreaterThan before.updated
        job.runAt shouldBeLessThanOrEqualTo job.updated
        log(id).last().status shouldBe QUEUED
        log(id).last().failure.shouldBeNull()
        claimOne(worker = bob).job.id shouldBe id
    }

    test("one batch of all outcomes and of lost leases writes the first and returns them only") {
        queue.enqueueAll(List(5) { NewJob("e") })
        val leases = claim().jobs.map { it.lease }
        val live = leases.map { Settlement(it, outcomes(it.jobId)[leases.indexOf(it)]) }
        val stranger = queue.enqueue("other")
        val lease = claimOne("other").lease
        val lost = listOf(
            lease.copy(workerId = bob),
            lease.copy(epoch = lease.epoch + 1),
            lease.copy(epoch = 0),
            Lease(JobId(Long.MAX_VALUE), alice, 1),
        ).map { Settlement(it, Outcome.Succeeded) }
        jobs.settle(lost.take(2) + live + lost.drop(2)) shouldBe leases.toSet()
        leases.map { find(it.jobId)?.status } shouldContainExactly listOf(null, null, HELD, QUEUED, QUEUED)
        leases.map { log(it.jobId).last().status } shouldContainExactly
            listOf(SUCCESSFUL, EXCEPTION, HELD, QUEUED, QUEUED)
        leases.map { find(it.jobId)?.attempts } shouldContainExactly listOf(null, null, 0, 1, 0)
        job(stranger).status shouldBe PICKED
    }

    test("retries of one batch keep their own delays and records") {
        val ids = queue.enqueueAll(List(3) { NewJob("e") })
        val leases = claim().jobs.map { it.lease }
        jobs.settle(leases.mapIndexed { i, it -> Settlement(it, Outcome.Retried(i.minutes, failure(it.jobId, "m$i"))) })
            .shouldBe(leases.toSet())
        ids.map { job(it).run { runAt - updated } } shouldContainExactly listOf(0.minutes, 1.minutes, 2.minutes)
        ids.map { log(it).last().failure?.message } shouldContainExactly listOf("m0", "m1", "m2")
    }

    test("a lease is settled once: a second outcome is refused and writes nothing") {
        for (i in outcomes(JobId(0)).indices) {
            val id = queue.enqueue("e")
            val lease = claimOne().lease
            settle(lease, outcomes(id)[i])
            val log = log(id)
            outcomes(id).forEach { trySettle(lease, it).shouldBeEmpty() }
            log(id) shouldBe log
            clearAll()
        }
    }

    test("a lease named twice in a batch is settled once") {
        val id = queue.enqueue("e")
        val lease = claimOne().lease
        jobs.settle(List(2) { Settlement(lease, Outcome.Succeeded) }) shouldBe setOf(lease)
        logged(id) shouldContainExactly listOf(QUEUED, PICKED, SUCCESSFUL)
    }

    test("an old lease of a job that was given back and not claimed since is refused") {
        val id = queue.enqueue("e")
        val lease = claimOne().lease
        settle(lease, Outcome.Released)
        trySettle(lease, Outcome.Succeeded).shouldBeEmpty()
        job(id).status shouldBe QUEUED
    }

    test("thousands of outcomes are written in one step") {
        queue.enqueueAll(List(3_000) { NewJob("e") })
        val leases = claim(limit = 3_000).jobs.map { it.lease }
        val outcome = { id: JobId -> if (id.value % 2 == 0L) Outcome.Succeeded else Outcome.Failed(failure(id)) }
        jobs.settle(leases.map { Settlement(it, outcome(it.jobId)) }) shouldBe leases.toSet()
        count() shouldBe 0
        val last: suspend (JobId) -> JobStatus = { logged(it).last() }
        listOf(leases.first(), leases.last()).forEach {
            last(it.jobId) shouldBe if (it.jobId.value % 2 == 0L) SUCCESSFUL else EXCEPTION
        }
    }

    test("no outcomes settle nothing") {
        jobs.settle(emptyList()).shouldBeEmpty()
    }
}
