package io.pgqueuer.conformance

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.maps.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.pgqueuer.Backlog
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.CANCELED
import io.pgqueuer.JobStatus.EXCEPTION
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.LogFilter
import io.pgqueuer.LogLevel
import io.pgqueuer.NewJob
import io.pgqueuer.Percentiles
import io.pgqueuer.QueueProperties
import io.pgqueuer.Throughput
import io.pgqueuer.headersOf
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

fun insightsConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    val window = 1.hours

    test("the queue's size tells the age of the oldest job, and how long jobs are overdue") {
        queue.enqueue("e")
        advance(10.minutes)
        queue.enqueue("e") { delay = 2.minutes }
        queue.enqueue("deferred") { delay = 1.hours }
        queue.enqueue("taken")
        claim("taken")
        advance(5.minutes)
        backend.insights.queueSize()
            .map { listOf(it.entrypoint, it.status, it.count, it.age.inWholeMinutes, it.overdue.inWholeMinutes) }
            .shouldContainExactly(
                listOf("deferred", QUEUED, 1L, 5L, 0L),
                listOf("e", QUEUED, 2L, 15L, 15L),
                listOf("taken", PICKED, 1L, 5L, 0L),
            )
    }

    test("a job that waits for a later time is overdue from then on only") {
        queue.enqueue("e") { delay = 10.minutes }
        advance(25.minutes)
        backend.insights.queueSize().single().run {
            age.inWholeMinutes shouldBe 25
            overdue.inWholeMinutes shouldBe 15
        }
    }

    test("the last status of each job is told, and of unknown jobs nothing") {
        val (done, failed, running) = queue.enqueueAll(List(3) { NewJob("e") })
        val (first, second) = claim().jobs.map { it.lease }
        settle(first, Outcome.Succeeded)
        settle(second, Outcome.Failed(failure(failed)))
        val held = held("other")
        val waiting = queue.enqueue("e")
        val canceled = queue.enqueue("e")
        queue.cancel(listOf(canceled))
        val known = mapOf(
            done to SUCCESSFUL,
            failed to EXCEPTION,
            running to PICKED,
            held to HELD,
            waiting to QUEUED,
            canceled to CANCELED,
        )
        backend.insights.lastStatuses(known.keys + JobId(Long.MAX_VALUE)) shouldBe known
        backend.insights.lastStatuses(listOf(done, done)) shouldBe mapOf(done to SUCCESSFUL)
        backend.insights.lastStatuses(emptyList()).shouldBeEmpty()
        backend.insights.inQueue(known.keys + JobId(Long.MAX_VALUE) + waiting) shouldBe setOf(running, held, waiting)
        backend.insights.inQueue(emptyList()).shouldBeEmpty()
    }

    test("throughput counts by entrypoint and status what happened within the window") {
        queue.enqueueAll(List(3) { NewJob("e") { priority = it } })
        advance(2.hours)
        queue.enqueue("e")
        queue.enqueue("other")
        settle(claimOne().lease, Outcome.Succeeded)
        backend.insights.throughput(window) shouldContainExactly listOf(
            Throughput("e", QUEUED, 1),
            Throughput("e", PICKED, 1),
            Throughput("e", SUCCESSFUL, 1),
            Throughput("other", QUEUED, 1),
        )
        backend.insights.throughput(3.hours).first() shouldBe Throughput("e", QUEUED, 4)
    }

    test("counts are exact up to as many rows as asked, and an estimate says so") {
        // Every priority has a row of its own in the statistics.
        queue.enqueueAll(List(40) { NewJob("e") { priority = it } })
        backend.store.maintenance.aggregate(limit = 20)
        for (atMost in listOf(20, 21, Int.MAX_VALUE)) {
            backend.insights.throughput(window, atMost) shouldContainExactly listOf(Throughput("e", QUEUED, 40))
            backend.insights.throughputHistory(window, 1.hours, atMost).sumOf { it.count } shouldBe 40
        }
        backend.insights.throughput(window, atMost = 5).forEach { if (!it.isEstimate) it.count shouldBe 40 }
        refuses("limit must be >= 1, was 0") { backend.insights.throughput(window, atMost = 0) }
        refuses("limit must be >= 1, was 0") { backend.insights.throughputHistory(window, 1.hours, atMost = 0) }
    }

    test("the newest entries of the log of a job come oldest first") {
        val id = queue.enqueue("e")
        settle(claimOne().lease, Outcome.Succeeded)
        backend.insights.log(id, limit = 2).map { it.status } shouldContainExactly listOf(PICKED, SUCCESSFUL)
        backend.insights.log(id, limit = 3) shouldContainExactly backend.insights.log(id)
        refuses("limit must be >= 1, was 0") { backend.insights.log(id, limit = 0) }
    }

    test("run times are those of the runs that ended within the window, by nearest rank") {
        suspend fun run(minutes: Int, outcome: (JobId) -> Outcome) {
            val id = queue.enqueue("e")
            val lease = claimOne().lease
            advance(minutes.minutes)
            settle(lease, outcome(id))
        }
        run(5) { Outcome.Succeeded }
        advance(2.hours)
        run(1) { Outcome.Succeeded }
        run(10) { Outcome.Failed(failure(it)) }
        run(2) { Outcome.Held(failure(it)) }
        run(3) { Outcome.Succeeded }
        backend.insights.runTimes(window).single().run {
            entrypoint shouldBe "e"
            count shouldBe 4
            runTime.inMinutes() shouldContainExactly listOf(2L, 10L, 10L)
            waitTime?.inMinutes() shouldBe listOf(0L, 0L, 0L)
        }
        backend.insights.runTimes(window, atMost = 2).single().run {
            count shouldBe 2
            runTime.inMinutes() shouldContainExactly listOf(2L, 3L, 3L)
        }
    }

    test("the wait of a run begins when its job was queued last, and ends with the claim") {
        queue.enqueueAll(listOf(NewJob("a"), NewJob("b") { delay = 10.minutes }))
        advance(4.minutes)
        val first = claimOne("a")
        settle(first.lease, Outcome.Retried(6.minutes, failure(first.job.id)))
        advance(20.minutes)
        settle(claimOne("a").lease, Outcome.Succeeded)
        settle(claimOne("b").lease, Outcome.Succeeded)
        backend.insights.runTimes(window).map { it.entrypoint to it.waitTime?.p50?.inWholeMinutes } shouldContainExactly
            listOf("a" to 20L, "b" to 24L)
    }

    test("if the log does not have when a job was queued, its wait is not known") {
        backend.schema.change(QueueProperties { logLevel = LogLevel.TERMINAL })
        queue.enqueue("e")
        backend.schema.change(QueueProperties { logLevel = LogLevel.FULL })
        settle(claimOne().lease, Outcome.Succeeded)
        backend.insights.runTimes(window).single().run { count to waitTime } shouldBe (1L to null)
    }

    test("the time of a job that was retried is that of its last run") {
        val id = queue.enqueue("e")
        val first = claimOne().lease
        advance(20.minutes)
        settle(first, Outcome.Retried(Duration.ZERO, failure(id)))
        val second = claimOne().lease
        advance(3.minutes)
        settle(second, Outcome.Succeeded)
        backend.insights.runTimes(window).single().run {
            count shouldBe 1
            runTime.p99.inWholeMinutes shouldBe 3
        }
    }

    test("jobs that were canceled or removed before they ran have no run time") {
        val id = queue.enqueue("e")
        queue.enqueue("e")
        queue.cancel(listOf(id))
        queue.clear("e")
        backend.insights.runTimes(window).shouldBeEmpty()
    }

    test("active workers are those that hold jobs, with the age of their oldest heartbeat") {
        backend.insights.activeWorkers().shouldBeEmpty()
        queue.enqueueAll(List(3) { NewJob("e") } + NewJob("other"))
        claim(worker = alice)
        advance(20.seconds)
        claim("other", worker = bob)
        backend.insights.activeWorkers().map { Triple(it.id, it.jobs, it.heartbeatAge.inWholeSeconds / 10) }
            .shouldContainExactly(Triple(alice, 3L, 2L), Triple(bob, 1L, 0L))
    }

    test("stale jobs are those whose heartbeat is older than asked, oldest first") {
        val (first, _, third) = queue.enqueueAll(List(3) { NewJob("e") })
        claimOne()
        advance(20.seconds)
        val renewed = claimOne().lease
        claimOne()
        advance(20.seconds)
        jobs.renew(listOf(renewed)).held shouldBe setOf(renewed)
        backend.insights.staleJobs(30.seconds).map { it.id } shouldContainExactly listOf(first)
        backend.insights.staleJobs(10.seconds).map { it.id } shouldContainExactly listOf(first, third)
        backend.insights.staleJobs(10.seconds, limit = 1).map { it.id } shouldContainExactly listOf(first)
        backend.insights.staleJobs(1.hours).shouldBeEmpty()
    }

    test("stale jobs are listed without their payloads, with their sizes") {
        queue.enqueueAll(listOf(NewJob("e", ByteArray(100_000)), NewJob("e")))
        claim()
        advance(20.seconds)
        backend.insights.staleJobs(10.seconds).map { it.payload to it.payloadBytes } shouldContainExactly
            listOf(null to 100_000, null to null)
    }

    test("held jobs come with the failure that they are held for") {
        val id = queue.enqueue("e")
        settle(claimOne().lease, Outcome.Held(failure(id, "first")))
        queue.requeue(listOf(id))
        settle(claimOne().lease, Outcome.Held(failure(id, "second")))
        val other = held("other")
        val (one, two) = backend.insights.heldJobs()
        one.job.id shouldBe id
        one.failure shouldBe failure(id, "second")
        two.failure shouldBe failure(other)
    }

    test("all tables are told") {
        queue.enqueue("e")
        val sizes = backend.insights.tableSizes()
        sizes.map { it.table } shouldContainExactly
            listOf("", "_log", "_statistics", "_schedules", "_pauses", "_limits").map { "pgqueuer$it" }
    }

    test("a window longer than any store remembers is all of it") {
        queue.enqueue("e")
        settle(claimOne().lease, Outcome.Succeeded)
        advance(1_000.days)
        val ages = 3_650_000.days
        backend.insights.throughput(ages).sumOf { it.count } shouldBe 3
        backend.insights.runTimes(ages).single().count shouldBe 1
        backend.insights.staleJobs(ages).shouldBeEmpty()
    }

    test("the backlog tells what waits, is due, runs and is held of each entrypoint") {
        backend.insights.backlog().shouldBeEmpty()
        queue.enqueue("b") { priority = 5 }
        advance(10.minutes)
        queue.enqueue("b")
        queue.enqueue("b") { delay = 2.minutes }
        queue.enqueue("b") { delay = 1.hours }
        queue.enqueue("a")
        claim("a")
        held("c")
        queue.enqueue("later") { delay = 1.hours }
        advance(5.minutes)
        val minute = 1.minutes
        backend.insights.backlog().map {
            it.copy(overdue = minute * it.overdue.inWholeMinutes.toInt())
        } shouldContainExactly
            listOf(
                Backlog("a", queued = 0, due = 0, running = 1, held = 0, Duration.ZERO, isEstimate = false),
                Backlog("b", queued = 4, due = 3, running = 0, held = 0, minute * 15, isEstimate = false),
                Backlog("c", queued = 0, due = 0, running = 0, held = 1, Duration.ZERO, isEstimate = false),
                Backlog("later", queued = 1, due = 0, running = 0, held = 0, Duration.ZERO, isEstimate = false),
            )
    }

    test("the backlog tells how many running jobs take a slot of a limit, also when they are taken over") {
        queue.enqueueAll(List(3) { NewJob("limited") } + List(2) { NewJob("free") })
        suspend fun slots() = backend.insights.backlog().associate { it.entrypoint to it.slots }

        claim("limited", concurrencyLimit = 2)
        val free = claim("free").jobs
        slots() shouldBe mapOf("free" to 0L, "limited" to 2L)
        jobs.settle(free.map { Settlement(it.lease, Outcome.Succeeded) })
        advance(1.hours)
        claim("limited", worker = bob)
        slots() shouldBe mapOf("limited" to 2L)
        backend.insights.backlog().single().running shouldBe 3
    }

    test("a job that had to wait is overdue in the backlog from its due time on") {
        queue.enqueue("e") { delay = 10.minutes }
        advance(9.minutes)
        backend.insights.backlog().single().run { listOf(due, overdue) shouldBe listOf(0L, Duration.ZERO) }
        advance(4.minutes)
        backend.insights.backlog().single().run { listOf(due, overdue.inWholeMinutes) shouldBe listOf(1L, 3L) }
    }

    test("jobs are found by each condition of a filter, and by all together") {
        val plain = queue.enqueue("e")
        val other = queue.enqueue("other") { priority = 3 }
        val keyed = queue.enqueue("keyed") { dedupeKey = "k 1" }
        val tenant = queue.enqueue("tenant") { headers = headersOf("tenant" to "acme", "n" to "1") }
        val held = held("holds")
        val running = queue.enqueue("runs").also { claimOne("runs") }
        advance(10.minutes)
        val young = queue.enqueue("e")
        suspend fun found(text: String) = backend.insights.jobs(JobFilter.parse(text)).map { it.id }

        found("") shouldContainExactly listOf(plain, other, keyed, tenant, held, running, young)
        found("status:queued") shouldContainExactly listOf(plain, other, keyed, tenant, young)
        found("status:picked") shouldContainExactly listOf(running)
        found("status:failed") shouldContainExactly listOf(held)
        found("entrypoint:e") shouldContainExactly listOf(plain, young)
        found("priority:3") shouldContainExactly listOf(other)
        found("priority:0 age:5m status:queued entrypoint:e") shouldContainExactly listOf(plain)
        found("worker:$alice") shouldContainExactly listOf(running)
        found("worker:$bob").shouldBeEmpty()
        found("dedupe-key:\"k 1\"") shouldContainExactly listOf(keyed)
        found("failure:java.io.IOException") shouldContainExactly listOf(held)
        found("failure:IOException") shouldContainExactly listOf(held)
        found("failure:Exception").shouldBeEmpty()
        found("header.tenant:acme header.n:1") shouldContainExactly listOf(tenant)
        found("header.tenant:acme header.n:2").shouldBeEmpty()
        found("age:9m") shouldContainExactly listOf(plain, other, keyed, tenant, held, running)
        found("age:11m").shouldBeEmpty()
    }

    test("jobs are found by a text in their payload, whatever its bytes are") {
        val (text, bytes, empty) = queue.enqueueAll(
            listOf(
                NewJob("e", "say \"grüß Gott\""),
                NewJob("e", byteArrayOf(-1, 0, 97, 98, -2)),
                NewJob("e", ByteArray(0)),
            ),
        )
        queue.enqueue("e")
        suspend fun found(text: String) = backend.insights.jobs(JobFilter(payloadText = text)).map { it.id }

        found("grüß") shouldContainExactly listOf(text)
        found("ab") shouldContainExactly listOf(bytes)
        found("AB").shouldBeEmpty()
        found("") shouldContainExactly listOf(text, bytes, empty)
        backend.insights.countJobs(JobFilter(payloadText = "ab")) shouldBe 1
        backend.insights.jobs(JobFilter(payloadText = "ab")).single().run { payload to payloadBytes } shouldBe
            (null to 5)
    }

    test("jobs are found by values in a payload that is JSON, and no other payload is in the way") {
        fun json(text: String) = NewJob("e", text)
        val ids = queue.enqueueAll(
            listOf(
                json("""{"customer": {"id": 42, "name": "Acme & Sons"}, "items": [{"sku": "A/1"}, {"sku": "B"}]}"""),
                json("""{"customer": {"id": "42"}, "vip": true}"""),
                json("""{"customer": {"name": "\u0041cme \u0026 Sons", "id": null}, "items": [{"sku": "A\/1"}]}"""),
                json("""{"customer": {"id": 420}, "note": "id 42"}"""),
                json("42"),
                json("""["x", 42]"""),
                json("""{"customer": {"id": 42"""),
                NewJob("e", byteArrayOf(52, 50, -1)),
                NewJob("e"),
            ),
        )
        suspend fun found(text: String) = backend.insights.jobs(JobFilter.parse(text)).map { ids.indexOf(it.id) }

        found("payload.customer.id:42") shouldContainExactly listOf(0, 1)
        found("payload.customer.name:\"Acme & Sons\"") shouldContainExactly listOf(0, 2)
        found("payload.items.0.sku:A/1") shouldContainExactly listOf(0, 2)
        found("payload.items.1.sku:B payload.customer.id:42") shouldContainExactly listOf(0)
        found("payload.vip:true") shouldContainExactly listOf(1)
        found("payload.1:42") shouldContainExactly listOf(5)
        found("payload.customer.id:null").shouldBeEmpty()
        found("payload.customer:x").shouldBeEmpty()
        found("payload.customer.id:42 entrypoint:other").shouldBeEmpty()
        found("payload.customer.id:42 payload:vip") shouldContainExactly listOf(1)
        backend.insights.countJobs(JobFilter.parse("payload.customer.id:42")) shouldBe 2
        backend.insights.countJobs(JobFilter.parse("payload.customer.id:42"), atMost = 1) shouldBe 1
    }

    test("jobs found in payloads come in pages, from among thousands") {
        val ids = queue.enqueueAll(List(5_000) { NewJob("e", """{"n": ${it % 1_000}, "text": "7"}""") })
        val filter = JobFilter.parse("payload.n:7")
        val wanted = ids.filterIndexed { index, _ -> index % 1_000 == 7 }
        backend.insights.jobs(filter).map { it.id } shouldContainExactly wanted
        backend.insights.jobs(filter, limit = 2).map { it.id } shouldContainExactly wanted.take(2)
        backend.insights.jobs(filter, limit = 2, after = wanted[1]).map { it.id } shouldContainExactly
            wanted.subList(2, 4)
        backend.insights.countJobs(filter) shouldBe 5
    }

    test("a job that was held again is found by its last failure alone") {
        val id = queue.enqueue("e")
        settle(claimOne().lease, Outcome.Held(failure(id).copy(type = "First")))
        queue.requeue(listOf(id))
        backend.insights.countJobs(JobFilter(failure = "First")) shouldBe 0
        settle(claimOne().lease, Outcome.Held(failure(id).copy(type = "a.b.Outer${'$'}Second")))
        backend.insights.countJobs(JobFilter(failure = "First")) shouldBe 0
        backend.insights.countJobs(JobFilter(failure = "Second")) shouldBe 1
    }

    test("jobs come in pages, without their payloads, and are counted up to a bound") {
        val ids = queue.enqueueAll(List(5) { NewJob("e", ByteArray(100)) { priority = it } })
        val first = backend.insights.jobs(limit = 2)
        first.map { it.id } shouldContainExactly ids.take(2)
        first.map { it.payload to it.payloadBytes } shouldContainExactly listOf(null to 100, null to 100)
        backend.insights.jobs(limit = 10, after = ids[1]).map { it.id } shouldContainExactly ids.drop(2)
        backend.insights.countJobs(JobFilter.ALL, atMost = 3) shouldBe 3
        backend.insights.countJobs(JobFilter.ALL) shouldBe 5
        refuses("limit must be >= 1, was 0") { backend.insights.jobs(limit = 0) }
        refuses("limit must be >= 1, was 0") { backend.insights.countJobs(JobFilter.ALL, atMost = 0) }
    }

    test("entries of the log come newest first, in pages, by entrypoint and status") {
        val id = queue.enqueue("e")
        settle(claimOne().lease, Outcome.Failed(failure(id)))
        queue.enqueue("other")
        suspend fun found(filter: LogFilter = LogFilter.ALL) = backend.insights.logEntries(filter)

        val all = found()
        all.map { it.entrypoint to it.status } shouldContainExactly
            listOf("other" to QUEUED, "e" to EXCEPTION, "e" to PICKED, "e" to QUEUED)
        all[1].failure shouldBe failure(id)
        found(LogFilter("e")) shouldContainExactly all.drop(1)
        found(LogFilter(statuses = setOf(QUEUED, PICKED))) shouldContainExactly listOf(all[0], all[2], all[3])
        found(LogFilter("e", setOf(QUEUED))) shouldContainExactly listOf(all[3])
        found(LogFilter.parse("status:queued,picked entrypoint:e")) shouldContainExactly listOf(all[2], all[3])
        found(LogFilter(failure = "IOException")) shouldContainExactly listOf(all[1])
        found(LogFilter(failure = "java.io.IOException", entrypoint = "e")) shouldContainExactly listOf(all[1])
        found(LogFilter(failure = "Exception")).shouldBeEmpty()
        found(LogFilter(priority = 1)).shouldBeEmpty()
        found(LogFilter(priority = 0)) shouldContainExactly all
        backend.insights.logEntries(limit = 2) shouldContainExactly all.take(2)
        backend.insights.logEntries(before = all[1].id) shouldContainExactly all.drop(2)
        backend.insights.logEntries(after = all[2].id) shouldContainExactly all.take(2)
        refuses("limit must be >= 1, was 0") { backend.insights.logEntries(limit = 0) }
    }

    test("entries that are counted already are found, too") {
        queue.enqueue("e")
        queue.enqueue("e")
        backend.store.maintenance.aggregate(limit = 1)
        backend.insights.logEntries().map { it.jobId.value }.let { it shouldContainExactly it.sortedDescending() }
        backend.insights.logEntries().size shouldBe 2
    }

    test("the history of the throughput has a count for each step in which something happened") {
        queue.enqueueAll(List(3) { NewJob("e") { priority = it } })
        advance(5.minutes)
        settle(claimOne().lease, Outcome.Succeeded)
        backend.store.maintenance.aggregate(limit = 2)
        val steps = backend.insights.throughputHistory(window = 1.hours, step = 1.minutes)
        steps.map { Triple(it.entrypoint, it.status, it.count) } shouldContainExactly
            listOf(Triple("e", QUEUED, 3L), Triple("e", PICKED, 1L), Triple("e", SUCCESSFUL, 1L))
        steps.map { it.start.epochSeconds % 60 }.distinct() shouldContainExactly listOf(0L)
        (steps[1].start - steps[0].start) shouldBe 5.minutes
        backend.insights.throughputHistory(window = 2.minutes, step = 1.minutes).sumOf { it.count } shouldBe 2
        refuses("step must be a positive number of whole seconds, was 500ms") {
            backend.insights.throughputHistory(1.minutes, 500.milliseconds)
        }
        refuses("window must have at most 1000 steps, was 1h with steps of 1s; use longer steps") {
            backend.insights.throughputHistory(1.hours, 1.seconds)
        }
    }

    test("spans that are not positive and finite, and limits below 1, are refused") {
        for (span in listOf(Duration.ZERO, (-1).seconds, Duration.INFINITE)) {
            refuses("window must be > 0 and finite, was $span") { backend.insights.throughput(span) }
            refuses("window must be > 0 and finite, was $span") { backend.insights.runTimes(span) }
            refuses("heartbeatAge must be > 0 and finite, was $span") { backend.insights.staleJobs(span) }
        }
        refuses("limit must be >= 1, was 0") { backend.insights.staleJobs(1.seconds, limit = 0) }
        refuses("limit must be >= 1, was 0") { backend.insights.heldJobs(limit = 0) }
    }
}

private suspend fun refuses(message: String, call: suspend () -> Unit) {
    shouldThrow<IllegalArgumentException> { call() }.message shouldBe message
}

private fun Percentiles.inMinutes() = listOf(p50, p95, p99).map(Duration::inWholeMinutes)
