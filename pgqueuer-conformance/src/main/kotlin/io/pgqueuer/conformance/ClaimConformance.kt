package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.NewJob
import io.pgqueuer.StoredJob
import io.pgqueuer.WorkerId
import io.pgqueuer.port.Waiting
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import java.util.UUID
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

fun claimConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("jobs of all its entrypoints come by priority descending, then by id") {
        val priorities = listOf(0, 5, -1, 5, 0, Int.MAX_VALUE, Int.MIN_VALUE, -1)
        val ids = queue.enqueueAll(priorities.mapIndexed { i, wanted -> NewJob("e${i % 3}") { priority = wanted } })
        claim("e0", "e1", "e2").ids shouldContainExactly listOf(5, 1, 3, 0, 4, 2, 7, 6).map { ids[it] }
    }

    test("the order holds over claims, and a job that comes later with a higher priority goes first") {
        val (low, lower) = queue.enqueueAll(listOf(NewJob("e") { priority = 1 }, NewJob("e") { priority = 0 }))
        val high = queue.enqueue("e") { priority = 2 }
        claim(limit = 1).ids shouldContainExactly listOf(high)
        claim(limit = 1).ids shouldContainExactly listOf(low)
        claim(limit = 1).ids shouldContainExactly listOf(lower)
    }

    test("a claim leases at most its limit, the first of the order") {
        val ids = queue.enqueueAll(List(5) { NewJob("e") })
        claim(limit = 3).ids shouldContainExactly ids.take(3)
        count(QUEUED) shouldBe 2
    }

    test("a claim takes from the entrypoints that it names and no others") {
        queue.enqueue("other") { priority = 9 }
        val id = queue.enqueue("e")
        claim("e", "none such").ids shouldContainExactly listOf(id)
        claim("none such").ids.shouldBeEmpty()
        count(QUEUED) shouldBe 1
    }

    test("a claim may name very many entrypoints") {
        val id = queue.enqueue("e999")
        claim(*Array(1_000) { "e$it" }).ids shouldContainExactly listOf(id)
    }

    test("claims of many entrypoints take all jobs in order, however they are spread") {
        val names = Array(40) { "e$it" }
        val spread = List(300) { "e${it % 40}" } + List(700) { "e7" } + List(300) { "e${it % 3}" }
        val ids = queue.enqueueAll(spread.mapIndexed { i, name -> NewJob(name) { priority = i / 500 % 2 } })
        val deferred = queue.enqueue("e9") {
            delay = 1.minutes
            priority = -1
        }
        val last = queue.enqueue("e8") { priority = -2 }
        advance(1.minutes)
        val claimed = ArrayList<JobId>()
        var claims = 0
        while (true) {
            val batch = claim(*names, limit = 100)
            claimed += batch.ids
            claims++
            if (batch.waiting is Waiting.Seen) break
        }
        claimed shouldContainExactly ids.subList(500, 1_000) + ids.subList(0, 500) + ids.subList(1_000, 1_300) +
            deferred + last
        claims shouldBeLessThan 40
    }

    test("a job is not claimed before it is due, and is once it is") {
        val id = queue.enqueue("e") { delay = 10.minutes }
        claim().ids.shouldBeEmpty()
        advance(9.minutes)
        claim().ids.shouldBeEmpty()
        advance(1.minutes)
        claim().ids shouldContainExactly listOf(id)
    }

    test("once due, a deferred job has the place that its priority and id give it") {
        val deferred = queue.enqueue("e") {
            priority = 1
            delay = 1.hours
        }
        val plain = queue.enqueue("e") { priority = 1 }
        val low = queue.enqueue("e")
        claim(limit = 1).ids shouldContainExactly listOf(plain)
        advance(1.hours)
        claim(limit = 10, worker = bob).ids.filter { it != plain } shouldContainExactly listOf(deferred, low)
    }

    test("a claimed job is picked, leased to the worker, and stamped now") {
        val id = queue.enqueue("e", "p".encodeToByteArray()) {
            priority = 3
            dedupeKey = "k"
        }
        advance(5.minutes)
        val claimed = claimOne()
        claimed.lease.jobId shouldBe id
        claimed.lease.workerId shouldBe alice
        claimed.lease.epoch shouldBeGreaterThan 0
        val job = job(id)
        job.status shouldBe PICKED
        job.workerId shouldBe alice
        job.leaseEpoch shouldBe claimed.lease.epoch
        job.attempts shouldBe 0
        job.rescues shouldBe 0
        job.heartbeat shouldBe job.updated
        job.updated - job.created shouldBeGreaterThan 5.minutes - 1.minutes
        logged(id) shouldContainExactly listOf(QUEUED, PICKED)
    }

    test("what a claim returns is the job as it is stored") {
        val id = queue.enqueue("e", "p".encodeToByteArray()) {
            priority = 3
            dedupeKey = "k"
            delay = 1.minutes
        }
        advance(2.minutes)
        val claimed = claimOne().job
        val stored = job(id)
        claimed.payload shouldBe stored.payload
        claimed.facts() shouldBe stored.facts()
    }

    test("a claim leases no more bytes of payload than asked, in claim order, and is filled then") {
        val sizes = listOf(10, 20, 30, 1, 0)
        val ids = queue.enqueueAll(sizes.map { NewJob("e", ByteArray(it)) } + NewJob("e"))
        val cut = claim(maxPayloadBytes = 59)
        cut.ids shouldContainExactly ids.take(2)
        cut.waiting shouldBe Waiting.Unknown
        claim(maxPayloadBytes = 30).ids shouldContainExactly ids.subList(2, 3)
        val last = claim(maxPayloadBytes = 1)
        last.ids shouldContainExactly ids.drop(3)
        last.waiting shouldBe Waiting.Seen(due = false, queued = false, nextDue = null)
    }

    test("a job whose payload is too large for a claim is leased alone, in its turn") {
        val ids = queue.enqueueAll(listOf(100, 0, 100, 5).map { NewJob("e", ByteArray(it)) })
        List(4) { claim(maxPayloadBytes = 10).ids } shouldContainExactly
            listOf(ids.take(1), ids.subList(1, 2), ids.subList(2, 3), ids.drop(3))
    }

    test("payloads that compress well count with the bytes that they have") {
        val ids = queue.enqueueAll(List(3) { NewJob("e", ByteArray(100_000)) })
        claim(maxPayloadBytes = 250_000).ids shouldContainExactly ids.take(2)
    }

    test("the bound on payloads goes for jobs that are taken over and for limited entrypoints as well") {
        val (first, second, third) = queue.enqueueAll(List(3) { NewJob("e", ByteArray(10)) })
        claim(limit = 2)
        advance(LEASE + 10.seconds)
        claim(worker = bob, concurrencyLimit = 3, maxPayloadBytes = 15).ids shouldContainExactly listOf(first)
        claim(worker = bob, concurrencyLimit = 3, maxPayloadBytes = 25).ids shouldContainExactly listOf(second, third)
    }

    test("a picked job is not claimed again") {
        queue.enqueue("e")
        claimOne()
        claim().ids.shouldBeEmpty()
        claim(worker = bob).ids.shouldBeEmpty()
    }

    test("a held job is not claimed") {
        held()
        advance(1.hours)
        claim().ids.shouldBeEmpty()
    }

    test("many claims at once share all jobs, each job once") {
        val ids = queue.enqueueAll(List(300) { NewJob("e${it % 3}") { priority = it % 2 } })
        val claimed = coroutineScope {
            List(8) { n ->
                async(Dispatchers.Default) {
                    val worker = WorkerId(UUID(7, n.toLong()))
                    untilNull { claim("e0", "e1", "e2", limit = 7, worker = worker).ids.ifEmpty { null } }
                }
            }.awaitAll().flatten()
        } + claim("e0", "e1", "e2").ids
        claimed shouldContainExactlyInAnyOrder ids
    }
}

/** Everything except the payload, in a form that can be compared. */
private fun StoredJob.facts(): List<Any?> = listOf(
    id, entrypoint, status, priority, headers, dedupeKey, attempts, rescues,
    created, updated, heartbeat, runAt, workerId, leaseEpoch,
)

private suspend fun <T> untilNull(next: suspend () -> List<T>?): List<T> = buildList {
    while (true) addAll(next() ?: break)
}
