package io.pgqueuer.conformance

import io.kotest.assertions.withClue
import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldBeStrictlyIncreasing
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Waiting
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

fun leaseConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("a lease is safe while its heartbeat is fresh") {
        queue.enqueue("e")
        claimOne()
        advance(LEASE - 10.seconds)
        claim(worker = bob).ids.shouldBeEmpty()
    }

    test("an expired lease is taken over: counted, in a later epoch, logged, attempts as they were") {
        val id = queue.enqueue("e")
        val old = claimOne().lease
        advance(LEASE + 10.seconds)
        val claimed = claimOne(worker = bob)
        claimed.lease.jobId shouldBe id
        claimed.lease.workerId shouldBe bob
        claimed.lease.epoch shouldBeGreaterThan old.epoch
        claimed.job.rescues shouldBe 1
        val job = job(id)
        job.status shouldBe PICKED
        job.workerId shouldBe bob
        job.leaseEpoch shouldBe claimed.lease.epoch
        job.rescues shouldBe 1
        job.attempts shouldBe 0
        logged(id) shouldContainExactly listOf(QUEUED, PICKED, PICKED)
    }

    test("a job taken over is safe from the moment of its takeover") {
        queue.enqueue("e")
        claimOne()
        advance(LEASE + 10.seconds)
        claimOne(worker = bob)
        advance(LEASE - 10.seconds)
        claim(worker = alice).ids.shouldBeEmpty()
    }

    test("an expired lease has the place that its priority and id give it") {
        val first = queue.enqueue("e") { priority = 1 }
        claimOne()
        val urgent = queue.enqueue("e") { priority = 2 }
        val later = queue.enqueue("e") { priority = 1 }
        advance(LEASE + 10.seconds)
        claim(worker = bob).ids shouldContainExactly listOf(urgent, first, later)
    }

    test("leases of entrypoints that a claim does not name are left alone") {
        queue.enqueue("other")
        claimOne("other")
        advance(LEASE + 10.seconds)
        claim("e", worker = bob).ids.shouldBeEmpty()
    }

    test("a lost lease changes nothing more, whatever its outcome, and cannot be renewed") {
        val id = queue.enqueue("e")
        val lost = claimOne().lease
        advance(LEASE + 10.seconds)
        claimOne(worker = bob)
        val heartbeat = job(id).heartbeat
        advance(1.seconds)
        for (outcome in outcomes(id)) withClue(outcome) { trySettle(lost, outcome).shouldBeEmpty() }
        jobs.renew(listOf(lost)).held.shouldBeEmpty()
        val job = job(id)
        job.status shouldBe PICKED
        job.workerId shouldBe bob
        job.attempts shouldBe 0
        (job.heartbeat > heartbeat) shouldBe false
        logged(id) shouldContainExactly listOf(QUEUED, PICKED, PICKED)
    }

    test("a worker that takes over its own expired lease loses the old one") {
        queue.enqueue("e")
        val old = claimOne().lease
        advance(LEASE + 10.seconds)
        val new = claimOne().lease
        new.workerId shouldBe alice
        new.epoch shouldBeGreaterThan old.epoch
        jobs.renew(listOf(old, new)).held shouldBe setOf(new)
        trySettle(old, Outcome.Succeeded).shouldBeEmpty()
        settle(new, Outcome.Succeeded)
    }

    test("a lease that expired and was not taken is still its worker's to renew and to settle") {
        queue.enqueueAll(List(2) { NewJob("e") })
        val (first, second) = claim().jobs.map { it.lease }
        advance(LEASE + 10.seconds)
        jobs.renew(listOf(first)).held shouldBe setOf(first)
        claim(worker = bob).ids shouldContainExactly listOf(second.jobId)
        settle(first, Outcome.Succeeded)
    }

    test("a renewal moves the heartbeat and so the expiry, and writes no log") {
        val id = queue.enqueue("e")
        val lease = claimOne().lease
        repeat(3) {
            advance(LEASE - 10.seconds)
            val before = job(id).heartbeat
            jobs.renew(listOf(lease)).held shouldBe setOf(lease)
            job(id).heartbeat shouldBeGreaterThan before
            claim(worker = bob).ids.shouldBeEmpty()
        }
        job(id).leaseEpoch shouldBe lease.epoch
        logged(id) shouldContainExactly listOf(QUEUED, PICKED)
    }

    test("a renewal returns exactly the leases that it renewed") {
        queue.enqueueAll(List(5) { NewJob("e") })
        val (live, ended, released, canceled, other) = claim().jobs.map { it.lease }
        settle(ended, Outcome.Succeeded)
        settle(released, Outcome.Released)
        queue.cancel(listOf(canceled.jobId))
        val renewal = jobs.renew(
            listOf(
                live,
                ended,
                released,
                canceled,
                other.copy(epoch = other.epoch + 1),
                other.copy(workerId = bob),
                Lease(JobId(Long.MAX_VALUE), alice, 1),
            ),
        )
        renewal.held shouldBe setOf(live, canceled)
        renewal.canceled shouldBe setOf(canceled)
    }

    test("thousands of leases are renewed in one step") {
        queue.enqueueAll(List(3_000) { NewJob("e") })
        val leases = claim(limit = 3_000).jobs.map { it.lease }
        leases.size shouldBe 3_000
        jobs.renew(leases).held shouldBe leases.toSet()
    }

    test("a renewal of nothing renews nothing") {
        jobs.renew(emptyList()).held.shouldBeEmpty()
    }

    test("each claim grows the epoch, also after a retry and a requeue, and also at the same moment") {
        val id = queue.enqueue("e")
        val epochs = List(4) { round ->
            val lease = claimOne().lease
            settle(lease, if (round == 1) Outcome.Held(failure(id)) else Outcome.Retried(Duration.ZERO, failure(id)))
            queue.requeue(listOf(id))
            lease.epoch
        }
        epochs.shouldBeStrictlyIncreasing()
    }

    test("an expired lease that may not be taken over is neither taken over nor held, and its job is due") {
        val id = queue.enqueue("e")
        val lease = claimOne().lease
        advance(LEASE + 10.seconds)
        for (maxRescues in listOf(3, 1)) {
            val batch = claim(worker = bob, maxRescues = maxRescues, takeOver = false)
            batch.ids.shouldBeEmpty()
            batch.waiting shouldBe Waiting.Seen(due = true, queued = false, nextDue = null)
        }
        job(id).status shouldBe PICKED
        job(id).rescues shouldBe 0
        jobs.renew(listOf(lease)).held shouldBe setOf(lease)
    }

    test("what is queued is claimed while expired leases may not be taken over") {
        queue.enqueue("e") { priority = 1 }
        claimOne()
        val next = queue.enqueue("e")
        advance(LEASE + 10.seconds)
        claim(worker = bob, takeOver = false).ids shouldContainExactly listOf(next)
    }

    test("rescues are deaths in a row: a run that ends by itself sets them back") {
        val kept = outcomes(JobId(0)).filter { it is Outcome.Held || it is Outcome.Retried || it is Outcome.Released }
        for (outcome in kept) {
            val id = queue.enqueue("e")
            claimOne()
            advance(LEASE + 10.seconds)
            val lease = claimOne(worker = bob).lease
            job(id).rescues shouldBe 1
            settle(lease, outcome)
            withClue(outcome) { job(id).rescues shouldBe 0 }
            clearAll()
        }
    }

    test("a run that renewed its lease for ten lease timeouts before it died starts the count of deaths anew") {
        val id = queue.enqueue("e")
        claimOne()
        advance(LEASE + 10.seconds)
        val lease = claimOne(worker = bob).lease
        repeat(15) {
            advance(LEASE - 10.seconds)
            jobs.renew(listOf(lease)).held shouldBe setOf(lease)
        }
        advance(LEASE + 10.seconds)
        claim(maxRescues = 2).jobs.single().job.rescues shouldBe 1
        job(id).rescues shouldBe 1
    }

    test("a job that kills its worker after some renewals is still found") {
        val id = queue.enqueue("e")
        repeat(2) {
            val lease = claimOne().lease
            repeat(14) {
                advance(LEASE - 10.seconds)
                jobs.renew(listOf(lease)).held shouldBe setOf(lease)
            }
            advance(LEASE + 10.seconds)
        }
        claim(maxRescues = 2).ids.shouldBeEmpty()
        job(id).status shouldBe HELD
    }
}
