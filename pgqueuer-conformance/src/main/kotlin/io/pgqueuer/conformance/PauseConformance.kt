package io.pgqueuer.conformance

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.Pause
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Waiting
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

fun pauseConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("no job of a paused entrypoint is claimed until it is resumed; others are") {
        val (first, second, other) = queue.enqueueAll(listOf(NewJob("e"), NewJob("e"), NewJob("other")))
        queue.pause("e")
        claim("e", "other").ids shouldContainExactly listOf(other)
        val third = queue.enqueue("e") { priority = 9 }
        claim("e", "other").ids.shouldBeEmpty()
        queue.resume("e") shouldBe true
        claim("e", "other").ids shouldContainExactly listOf(third, first, second)
    }

    test("no job is claimed while the whole queue is paused") {
        queue.pauseQueue { reason = "we move the database" }
        val ids = queue.enqueueAll(listOf(NewJob("a"), NewJob("b")))
        claim("a", "b").ids.shouldBeEmpty()
        queue.resumeQueue() shouldBe true
        claim("a", "b").ids shouldContainExactly ids
    }

    test("an entrypoint that is paused stays so when the whole queue is resumed, and the other way round") {
        val (a, b) = queue.enqueueAll(listOf(NewJob("a"), NewJob("b")))
        queue.pause("a")
        queue.pauseQueue()
        queue.resumeQueue() shouldBe true
        claim("a", "b").ids shouldContainExactly listOf(b)
        queue.pauseQueue()
        queue.resume("a") shouldBe true
        claim("a", "b").ids.shouldBeEmpty()
        queue.resumeQueue()
        claim("a", "b").ids shouldContainExactly listOf(a)
    }

    test("all that a claim looks at is left: jobs that had to wait, expired leases, limits, many entrypoints") {
        queue.enqueue("rescued")
        claimOne("rescued", bob)
        val held = queue.enqueue("poison")
        repeat(2) {
            claim("poison", worker = bob)
            advance(LEASE + 1.seconds)
        }
        queue.enqueueAll(List(2) { NewJob("limited") } + NewJob("limited") { delay = 1.minutes })
        queue.enqueue("deferred") { delay = 1.minutes }
        advance(2.minutes)
        val names = arrayOf("rescued", "poison", "limited", "deferred")
        names.forEach { queue.pause(it) }
        val others = Array(20) { "e$it" }
        for (wanted in listOf(names, names + others)) {
            for (limit in listOf(null, 2)) {
                withClue("${wanted.size} entrypoints, limit $limit") {
                    val batch = claim(*wanted, concurrencyLimit = limit, maxRescues = 2)
                    batch.ids.shouldBeEmpty()
                    batch.held.shouldBeEmpty()
                    batch.seen() shouldBe Waiting.Seen(due = false, queued = false, nextDue = null)
                }
            }
        }
        names.forEach { queue.resume(it) }
        val batch = claim(*names, maxRescues = 2)
        batch.jobs.map { it.job.entrypoint } shouldContainExactlyInAnyOrder
            listOf("rescued", "limited", "limited", "limited", "deferred")
        batch.held.map { it.id } shouldContainExactly listOf(held)
    }

    test("jobs that run when their entrypoint is paused go on: they renew, end, and wait for their retry") {
        val ids = queue.enqueueAll(List(3) { NewJob("e") })
        val leases = claim().jobs.map { it.lease }
        queue.pause("e")
        jobs.renew(leases).held shouldBe leases.toSet()
        settle(leases[0], Outcome.Succeeded)
        settle(leases[1], Outcome.Retried(0.seconds, failure(ids[1])))
        settle(leases[2], Outcome.Released)
        claim().ids.shouldBeEmpty()
        queue.resume("e")
        claim().ids shouldContainExactly ids.drop(1)
        logged(ids[0]).last() shouldBe JobStatus.SUCCESSFUL
    }

    test("a claim that writes outcomes writes them though everything is paused") {
        val (first, second) = queue.enqueueAll(List(2) { NewJob("e") })
        val lease = claimOne().lease
        queue.pauseQueue()
        claim(concurrencyLimit = 1, ended = listOf(Settlement(lease, Outcome.Succeeded)))
            .ids.shouldBeEmpty()
        logged(first).last() shouldBe JobStatus.SUCCESSFUL
        logged(second).last() shouldBe JobStatus.QUEUED
    }

    test("paused jobs can be canceled, requeued, dismissed and cleared") {
        val (queued, requeued, dismissed) = listOf(queue.enqueue("e"), held("e2"), held("e2"))
        queue.pauseQueue()
        queue.cancel(listOf(queued)) shouldBe setOf(queued)
        queue.requeue(listOf(requeued)) shouldBe setOf(requeued)
        queue.dismiss(listOf(dismissed)) shouldBe setOf(dismissed)
        queue.clear("e2") shouldBe 1
    }

    test("a pause with an end ends by itself, and a claim tells when") {
        val id = queue.enqueue("e")
        val now = queue.pause("e").since
        queue.pause("e") { until = now + 10.minutes }
        queue.pause("other") { until = now + 5.minutes }
        queue.pauseQueue { duration = 3.minutes }
        claim().seen().nextDue.shouldBeJustUnder(3.minutes)
        advance(4.minutes)
        claim().seen().nextDue.shouldBeJustUnder(6.minutes)
        claim().ids.shouldBeEmpty()
        advance(6.minutes)
        claim().ids shouldContainExactly listOf(id)
        backend.insights.pauses().shouldBeEmpty()
        queue.resume("e") shouldBe false
        queue.resumeQueue() shouldBe false
    }

    test("what is paused is listed, the whole queue first") {
        backend.insights.pauses().shouldBeEmpty()
        val mail = queue.pause("mail") { reason = "provider is down" }
        val apples = queue.pause("apples") { until = mail.since + 1.hours }
        val everything = queue.pauseQueue {
            until = mail.since + 2.hours
            reason = "we move"
        }
        mail shouldBe Pause("mail", mail.since, until = null, "provider is down")
        apples shouldBe Pause("apples", apples.since, mail.since + 1.hours, reason = null)
        everything shouldBe Pause(null, everything.since, mail.since + 2.hours, "we move")
        backend.insights.pauses() shouldContainExactly listOf(everything, apples, mail)
        queue.resumeQueue()
        queue.resume("apples") shouldBe true
        queue.resume("apples") shouldBe false
        queue.resume("never paused") shouldBe false
        backend.insights.pauses() shouldContainExactly listOf(mail)
    }

    test("to pause again replaces the end and the reason, and keeps since when") {
        val first = queue.pause("e") { reason = "one" }
        advance(1.minutes)
        val second = queue.pause("e") { until = first.since + 1.hours }
        second.until shouldBe first.since + 1.hours
        second.reason.shouldBeNull()
        backend.insights.pauses() shouldContainExactly listOf(second)
        advance(2.hours)
        val third = queue.pause("e")
        (third.since > first.since) shouldBe true
        third.until.shouldBeNull()
    }

    test("what cannot be a pause is refused and changes nothing") {
        val now = queue.pause("e").since
        queue.resume("e")
        val refused = listOf<Pair<suspend () -> Unit, String>>(
            suspend { queue.pause("").let { } } to "entrypoint",
            suspend { queue.pause("a\u0000").let { } } to "entrypoint",
            suspend { queue.resume(" ").let { } } to "entrypoint",
            suspend { queue.pause("e") { until = now - 1.seconds }.let { } } to "must end in the future",
            suspend { queue.pauseQueue { until = Instant.DISTANT_PAST }.let { } } to "must be in the future",
            suspend { queue.pause("e") { until = Instant.DISTANT_FUTURE }.let { } } to "9999-12-31",
            suspend { queue.pause("e") { duration = 0.seconds }.let { } } to "duration must be > 0",
            suspend {
                queue.pauseQueue {
                    duration = 1.seconds
                    until = now + 1.hours
                }.let { }
            } to "set until or duration, not both",
            suspend { queue.pause("e") { reason = " " }.let { } } to "1 to 500 characters",
            suspend { queue.pause("e") { reason = "a\u0000b" }.let { } } to "without NUL",
            suspend { queue.pauseQueue { reason = "x".repeat(501) }.let { } } to "1 to 500 characters",
        )
        for ((call, says) in refused) {
            withClue(says) { shouldThrow<IllegalArgumentException> { call() }.message shouldContain says }
        }
        backend.insights.pauses().shouldBeEmpty()
        queue.pause("e") { reason = "é 💶 \n".repeat(60) }.reason shouldBe "é 💶 \n".repeat(60)
    }

    test("many that pause and resume at the same instant each take effect as a whole") {
        coroutineScope {
            repeat(20) { n ->
                launch(Dispatchers.Default) {
                    queue.pause("shared") { reason = "$n" }
                    queue.pause("own $n") { reason = "$n" }
                    if (n % 2 == 0) queue.resume("own $n") shouldBe true
                }
            }
        }
        val pauses = backend.insights.pauses().associate { it.entrypoint to it.reason }
        pauses.keys shouldBe setOf("shared") + (1..19 step 2).map { "own $it" }
        (1..19 step 2).forEach { pauses["own $it"] shouldBe "$it" }
    }

    test("pauses survive a second install, and end with an uninstall") {
        val pause = queue.pause("e")
        backend.schema.install()
        backend.schema.upgrade()
        backend.insights.pauses() shouldBe listOf(pause)
        try {
            backend.schema.uninstall()
        } finally {
            backend.schema.install()
        }
        backend.insights.pauses().shouldBeEmpty()
    }
}
