package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.NewJob
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds

fun maintenanceConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("aggregation counts each entry once, in steps of the limit") {
        work(10)
        maintenance.aggregate(limit = 25) shouldBe 25
        maintenance.aggregate(limit = 25) shouldBe 5
        maintenance.aggregate(limit = 25) shouldBe 0
        work(1)
        maintenance.aggregate(limit = 25) shouldBe 3
    }

    test("what is aggregated, in part or in full, changes no count") {
        work(10)
        work(3, "other")
        queue.enqueue("other") { priority = 5 }
        val counts = backend.insights.throughput(1.days)
        counts.sumOf { it.count } shouldBe 40
        maintenance.aggregate(limit = 17)
        backend.insights.throughput(1.days) shouldContainExactly counts
        maintenance.aggregate(limit = 1_000)
        backend.insights.throughput(1.days) shouldContainExactly counts
    }

    test("counts are not doubled while several aggregate at once") {
        work(100)
        val counts = backend.insights.throughput(1.days)
        val counted = coroutineScope {
            List(4) { async(Dispatchers.Default) { aggregateAll(limit = 20) } }.awaitAll().sum()
        }
        counted shouldBe 300
        backend.insights.throughput(1.days) shouldContainExactly counts
    }

    test("aggregation changes no log") {
        val id = work(1).single()
        val log = log(id)
        maintenance.aggregate(limit = 100)
        log(id) shouldContainExactly log
    }

    test("pruning deletes the entries of ended jobs that are old and counted, and their counts stay") {
        val ids = work(10)
        aggregateAll()
        advance(2.days)
        val counts = backend.insights.throughput(3.days)
        maintenance.prune(1.days, after = 0, limit = 1_000).deleted shouldBe 30
        ids.forEach { log(it).shouldBeEmpty() }
        backend.insights.throughput(3.days) shouldContainExactly counts
    }

    test("pruning never deletes what is not counted") {
        val ids = work(10)
        advance(2.days)
        maintenance.prune(1.days, after = 0, limit = 1_000).deleted shouldBe 0
        ids.forEach { log(it) shouldHaveSize 3 }
    }

    test("pruning keeps what is younger than the retention") {
        val old = work(1).single()
        advance(2.days)
        val young = work(1).single()
        aggregateAll()
        maintenance.prune(3_650_000.days, after = 0, limit = 1_000).deleted shouldBe 0
        maintenance.prune(1.days, after = 0, limit = 1_000).deleted shouldBe 3
        log(old).shouldBeEmpty()
        log(young) shouldHaveSize 3
    }

    test("pruning keeps the log of jobs that the queue holds") {
        val held = held()
        val deferred = queue.enqueue("e") { delay = 365.days }
        aggregateAll()
        advance(30.days)
        maintenance.prune(1.days, after = 0, limit = 1_000).deleted shouldBe 0
        logged(held).last() shouldBe HELD
        logged(deferred) shouldContainExactly listOf(QUEUED)
    }

    test("pruning goes on in bounded steps until nothing old is left") {
        repeat(10) {
            held()
            work(3)
        }
        aggregateAll()
        advance(2.days)
        val young = work(1).single()
        aggregateAll()
        var deleted = 0
        var after: Long? = 0
        var steps = 0
        while (after != null) {
            val step = maintenance.prune(1.days, after, limit = 7)
            step.deleted shouldBeLessThanOrEqual 7
            deleted += step.deleted
            after = step.last
            (++steps <= 100) shouldBe true
        }
        deleted shouldBe 90
        log(young) shouldHaveSize 3
    }

    test("a step of pruning says where to go on, and that nothing is left") {
        work(3)
        aggregateAll()
        advance(2.days)
        maintenance.prune(1.days, after = 0, limit = 4).last.shouldNotBeNull()
        maintenance.prune(1.days, after = Long.MAX_VALUE, limit = 4).run {
            deleted shouldBe 0
            last.shouldBeNull()
        }
    }

    test("a vacuum changes nothing that can be seen") {
        work(3)
        val waiting = queue.enqueue("e", byteArrayOf(1)) { delay = 1.days }
        maintenance.vacuum() shouldBe true
        aggregateAll() shouldBe 10
        advance(1.days)
        claim("e").jobs.single().job.run {
            id shouldBe waiting
            payload shouldBe byteArrayOf(1)
        }
    }
}

private val StoreUnderTest.maintenance get() = backend.store.maintenance

/** Enqueues, claims and completes this many jobs. Each writes three log entries. */
private suspend fun StoreUnderTest.work(count: Int, entrypoint: String = "e"): List<JobId> {
    val ids = queue.enqueueAll(List(count) { NewJob(entrypoint) })
    jobs.settle(claim(entrypoint).jobs.map { Settlement(it.lease, Outcome.Succeeded) }).size shouldBe count
    return ids
}

private suspend fun StoreUnderTest.aggregateAll(limit: Int = 1_000): Int {
    var counted = 0
    while (true) {
        when (val step = maintenance.aggregate(limit)) {
            null -> delay(1.milliseconds)
            0 -> return counted
            else -> counted += step
        }
    }
}
