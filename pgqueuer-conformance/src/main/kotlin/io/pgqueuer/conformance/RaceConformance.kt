package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobStatus.CANCELED
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.NewJob
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlin.time.Duration.Companion.seconds

/**
 * Runs two operations on the same jobs at once. Each job must go to exactly one of them, as a whole.
 *
 * For stores that run operations in parallel. The store in memory runs them one at a time under a lock, so none of
 * these tests could fail there.
 */
fun raceConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("a job that is settled and canceled at once ends once") {
        val ids = queue.enqueueAll(List(JOBS) { NewJob("e") })
        val leases = claim().jobs.map { it.lease }
        val (settled, canceled) = atOnce(
            { leases.shuffled().flatMap { trySettle(it, Outcome.Succeeded) }.map { it.jobId } },
            { ids.shuffled().flatMap { queue.cancel(listOf(it)) } },
        )
        settled + canceled shouldContainExactlyInAnyOrder ids
        settled.forEach { logged(it).last() shouldBe SUCCESSFUL }
        canceled.forEach { logged(it).last() shouldBe CANCELED }
        ids.forEach { logged(it).size shouldBe 3 }
    }

    test("batches that settle and cancel the same jobs at once, each in its own order, do not block each other") {
        val ids = queue.enqueueAll(List(JOBS) { NewJob("e") })
        val settlements = claim().jobs.map { Settlement(it.lease, Outcome.Succeeded) }
        val (settled, canceled, more) = atOnce(
            { jobs.settle(settlements).map { it.jobId } },
            { queue.cancel(ids.reversed()).toList() },
            { jobs.settle(settlements.reversed()).map { it.jobId } },
        )
        settled + canceled + more shouldContainExactlyInAnyOrder ids
    }

    test("a lease that is renewed and taken over at once has one owner") {
        val ids = queue.enqueueAll(List(JOBS) { NewJob("e") })
        val leases = claim().jobs.map { it.lease }
        advance(LEASE + 10.seconds)
        val (renewed, taken) = atOnce(
            { leases.shuffled().flatMap { jobs.renew(listOf(it)).held }.map { it.jobId } },
            { List(JOBS) { claim(limit = 1, worker = bob).ids }.flatten() },
        )
        val rest = claim(worker = bob).ids
        // The renewal may come first. Then the job is not taken, because its lease is fresh.
        (taken + rest).distinct().size shouldBe taken.size + rest.size
        ids.filter { it !in taken && it !in rest }.forEach { job(it).workerId shouldBe alice }
        (taken + rest).forEach { job(it).workerId shouldBe bob }
        ids.filter { it !in renewed }.forEach { (it in taken) shouldBe true }
    }

    test("a job that is settled late and taken over at once is changed by one of them") {
        val ids = queue.enqueueAll(List(JOBS) { NewJob("e") })
        val leases = claim().jobs.map { it.lease }
        advance(LEASE + 10.seconds)
        val (settled, taken) = atOnce(
            { leases.shuffled().flatMap { trySettle(it, Outcome.Succeeded) }.map { it.jobId } },
            { List(JOBS) { claim(limit = 1, worker = bob).ids }.flatten() },
        )
        settled + taken + claim(worker = bob).ids shouldContainExactlyInAnyOrder ids
        settled.forEach { logged(it) shouldBe listOf(QUEUED, PICKED, SUCCESSFUL) }
        taken.forEach { logged(it) shouldBe listOf(QUEUED, PICKED, PICKED) }
    }

    test("held jobs that two requeue at once are requeued once") {
        val ids = queue.enqueueAll(List(JOBS) { NewJob("e") })
        claim().jobs.forEach { settle(it.lease, Outcome.Held(failure(it.job.id))) }
        val (one, other) = atOnce({ queue.requeue(ids).toList() }, { queue.requeue(ids.reversed()).toList() })
        one + other shouldContainExactlyInAnyOrder ids
        ids.forEach { logged(it).size shouldBe 4 }
    }
}

private const val JOBS = 40

private suspend fun <T> atOnce(vararg operations: suspend () -> T): List<T> = coroutineScope {
    operations.map { async(Dispatchers.Default) { it() } }.awaitAll()
}
