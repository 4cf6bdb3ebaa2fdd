package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.PauseOptions
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Waiting
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

fun waitingConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("a filled claim looks no further") {
        queue.enqueueAll(List(3) { NewJob("e") })
        claim(limit = 2).waiting shouldBe Waiting.Unknown
    }

    test("a claim that need not tell what waits leases the same jobs, and what waits is told afterwards") {
        val ids = queue.enqueueAll(List(3) { NewJob("e") })
        queue.enqueue("e") { delay = 10.minutes }
        val batch = claim(limit = 2, tellsWaiting = false)
        batch.ids shouldContainExactly ids.take(2)
        batch.waiting shouldBe Waiting.Untold
        waiting().due shouldBe true
        claim(tellsWaiting = false).waiting shouldBe Waiting.Untold
        val left = waiting()
        left shouldBe Waiting.Seen(due = false, queued = true, nextDue = left.nextDue)
        left.nextDue.shouldBeJustUnder(10.minutes)
        waiting(worker = bob).nextDue.shouldBeJustUnder(LEASE)
    }

    test("to tell what waits leases nothing and takes nothing over") {
        queue.enqueue("e")
        val lease = claimOne(worker = bob).lease
        advance(LEASE + 1.seconds)
        waiting() shouldBe Waiting.Seen(due = true, queued = false, nextDue = null)
        settle(lease, Outcome.Succeeded)
        queue.enqueue("e")
        waiting() shouldBe Waiting.Seen(due = true, queued = true, nextDue = null)
        count(JobStatus.QUEUED) shouldBe 1
    }

    test("what waits is told without paused entrypoints") {
        queue.enqueue("e")
        backend.store.pauses.pause("e", PauseOptions { duration = 20.minutes })
        val paused = waiting("e", "other")
        paused shouldBe Waiting.Seen(due = false, queued = false, nextDue = paused.nextDue)
        paused.nextDue.shouldBeJustUnder(20.minutes)
    }

    test("of an empty queue there is nothing to wait for") {
        claim().seen() shouldBe Waiting.Seen(due = false, queued = false, nextDue = null)
    }

    test("what the claim itself took is not waited for") {
        queue.enqueueAll(List(3) { NewJob("e") })
        claim().seen() shouldBe Waiting.Seen(due = false, queued = false, nextDue = null)
    }

    test("a deferred job is queued, not due, and tells when it will be") {
        queue.enqueueAll(listOf(NewJob("e") { delay = 2.hours }, NewJob("e") { delay = 10.minutes }))
        val waiting = claim().seen()
        waiting.due shouldBe false
        waiting.queued shouldBe true
        waiting.nextDue.shouldBeJustUnder(10.minutes)
    }

    test("the wait grows shorter as time goes on") {
        queue.enqueue("e") { delay = 10.minutes }
        advance(7.minutes)
        claim().seen().nextDue.shouldBeJustUnder(3.minutes)
    }

    test("a retry with a delay is waited for as any deferred job") {
        val id = queue.enqueue("e")
        settle(claimOne().lease, Outcome.Retried(20.minutes, failure(id)))
        claim().seen().nextDue.shouldBeJustUnder(20.minutes)
    }

    test("the jobs of other entrypoints are not waited for") {
        queue.enqueueAll(listOf(NewJob("other"), NewJob("other") { delay = 1.minutes }))
        claim("other", limit = 1, worker = bob)
        claim("e").seen() shouldBe Waiting.Seen(due = false, queued = false, nextDue = null)
    }

    test("held jobs are not waited for") {
        held()
        claim().seen() shouldBe Waiting.Seen(due = false, queued = false, nextDue = null)
    }

    test("a job that its entrypoint's limit keeps back is due and queued") {
        queue.enqueueAll(List(2) { NewJob("e") })
        val batch = claim(concurrencyLimit = 1)
        batch.jobs.size shouldBe 1
        batch.seen() shouldBe Waiting.Seen(due = true, queued = true, nextDue = null)
    }

    test("a lease of another worker is waited for until it would expire, though nothing is queued") {
        queue.enqueue("e")
        claimOne(worker = bob)
        advance(10.seconds)
        val waiting = claim().seen()
        waiting.due shouldBe false
        waiting.queued shouldBe false
        waiting.nextDue.shouldBeJustUnder(LEASE - 10.seconds)
    }

    test("a renewed lease of another worker is waited for from its renewal") {
        queue.enqueue("e")
        val lease = claimOne(worker = bob).lease
        advance(20.seconds)
        jobs.renew(listOf(lease)).held
        claim().seen().nextDue.shouldBeJustUnder(LEASE)
    }

    test("a lease of its own is not waited for") {
        queue.enqueue("e")
        claimOne()
        claim().seen().nextDue.shouldBeNull()
    }

    test("the nearest of a due time and another's lease is waited for") {
        queue.enqueue("e")
        claimOne(worker = bob)
        queue.enqueue("e") { delay = 2.hours }
        claim().seen().nextDue.shouldBeJustUnder(LEASE)
        queue.enqueue("e") { delay = 15.seconds }
        claim().seen().nextDue.shouldBeJustUnder(15.seconds)
    }
}

internal fun ClaimBatch.seen(): Waiting.Seen = waiting.shouldBeInstanceOf<Waiting.Seen>()

/** A real store's clock moves while the test runs. */
internal fun Duration?.shouldBeJustUnder(expected: Duration) {
    val actual = shouldNotBeNull()
    (actual > expected - 10.seconds && actual <= expected) shouldBe true
}
