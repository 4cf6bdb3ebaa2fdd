package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.pgqueuer.EntrypointOptions
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.NewJob
import io.pgqueuer.RunOptions
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.WorkerId
import io.pgqueuer.memory.InMemoryBackend
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import kotlinx.coroutines.delay
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class LimitSpec : FunSpec({
    test("at the limit, a claim writes the end of a job and takes the next one in one step") {
        engineTest { backend ->
            val ids = backend.queue.enqueueAll(List(10) { NewJob("e") })
            val faulty = FaultyBackend(backend)
            val alone = mutableListOf<JobId>()
            faulty.faults.beforeSettle = { settlements -> alone += settlements.map { it.lease.jobId } }
            val report = faulty.worker {
                entrypoint("e", { concurrencyLimit = 1 }) { delay(20.milliseconds) }
            }.run(DRAIN)
            report.succeeded shouldBe 10
            ids.forEach { backend.statuses(it).shouldContainExactly(QUEUED, PICKED, SUCCESSFUL) }
            // Nothing was left to claim after the last one.
            alone.shouldContainExactly(ids.last())
            elapsed shouldBe 200.milliseconds
        }
    }

    test("without a limit, ends are written on their own") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(3) { NewJob("e") })
            val faulty = FaultyBackend(backend)
            var settled = 0
            faulty.faults.beforeSettle = { settled += it.size }
            faulty.worker { entrypoint("e") { delay(20.milliseconds) } }.run(DRAIN).succeeded shouldBe 3
            settled shouldBe 3
        }
    }

    test("if such a claim fails, the end is written without it") {
        engineTest { backend ->
            val (first, second) = backend.queue.enqueueAll(List(2) { NewJob("e") })
            val faulty = FaultyBackend(backend)
            var failures = 0
            faulty.faults.beforeClaim = {
                if (backend.statuses(first).last() == PICKED && elapsed >= 20.milliseconds && failures++ == 0) {
                    throw StoreUnavailableException("away")
                }
            }
            start(faulty.worker { entrypoint("e", { concurrencyLimit = 1 }) { delay(20.milliseconds) } })
            delay(30.milliseconds)
            failures shouldBe 1
            backend.statuses(first).shouldContainExactly(QUEUED, PICKED, SUCCESSFUL)
            delay(5.seconds)
            backend.statuses(second).shouldContainExactly(QUEUED, PICKED, SUCCESSFUL)
        }
    }

    test("while leases cannot be renewed, no claim is tried, and the end is written without one") {
        engineTest { backend ->
            val (first, second) = backend.queue.enqueueAll(List(2) { NewJob("e") })
            val faulty = FaultyBackend(backend)
            faulty.faults.beforeRenew = { throw StoreUnavailableException("away") }
            val worker = faulty.worker { entrypoint("e", { concurrencyLimit = 1 }) { delay(1.5.seconds) } }
            start(worker, RunOptions { heartbeatTimeout = 3.seconds })
            delay(1.6.seconds)
            backend.statuses(first).shouldContainExactly(QUEUED, PICKED, SUCCESSFUL)
            delay(10.seconds)
            backend.statuses(second).shouldContainExactly(QUEUED, PICKED, SUCCESSFUL)
        }
    }

    test("if the answer of such a claim is lost, the end counts once, and as what it was") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(3) { NewJob("e") })
            val faulty = FaultyBackend(backend)
            var losses = 0
            faulty.faults.afterClaim = { batch ->
                if (batch.settled.isNotEmpty() && losses++ == 0) throw StoreUnavailableException("away")
            }
            val report = faulty.worker {
                entrypoint("e", { concurrencyLimit = 1 }) { delay(20.milliseconds) }
            }.run(DRAIN.with { heartbeatTimeout = 5.seconds })
            losses shouldBeGreaterThan 0
            (report.succeeded to report.leasesLost) shouldBe (3L to 0L)
        }
    }

    for (limit in listOf(1, 2)) {
        test("two workers share a limit of $limit: each gets its part") {
            engineTest { backend ->
                backend.queue.enqueueAll(List(1_000) { NewJob("e") })
                val shares = listOf(share(backend, limit, 20.milliseconds), share(backend, limit, 20.milliseconds))
                shares.map { (_, run) -> run }.joinAll()
                val counts = shares.map { (count, _) -> count() }
                counts.sum() shouldBe 1_000
                counts.forEach { it shouldBeGreaterThan 200 }
            }
        }
    }

    test("beside a worker that never gives way, a worker keeps its slot for as long as it has waited for it") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(1_000) { NewJob("e") })
            val greedy = launch {
                // Between two of its jobs, the slot is free for no time at all. Once, it is late.
                repeat(200) { runOne(backend) }
                delay(1.milliseconds)
                while (!runOne(backend)) delay(1.milliseconds)
            }
            var count = 0
            start(
                backend.worker {
                    entrypoint("e", { concurrencyLimit = 1 }) {
                        count++
                        delay(20.milliseconds)
                    }
                },
            )
            greedy.join()
            // The greedy worker ran for 4 s before it was late.
            count shouldBeInRange 195..210
        }
    }
})

private val GREEDY = WorkerId(UUID(0, 1))

/** Runs a job for 20 ms, without an engine. Returns false if no slot is free. */
private suspend fun runOne(backend: InMemoryBackend): Boolean {
    val target = ClaimTarget("e", EntrypointOptions { concurrencyLimit = 1 })
    val claimed = backend.store.jobs.claim(ClaimRequest(GREEDY, listOf(target), 1, 30.seconds, 3))
    val lease = claimed.jobs.singleOrNull()?.lease ?: return false
    delay(20.milliseconds)
    backend.store.jobs.settle(listOf(Settlement(lease, Outcome.Succeeded)))
    return true
}

/** A worker that runs jobs of [time] under a [limit], until none is left. Returns how many it has run. */
private fun TestScope.share(backend: InMemoryBackend, limit: Int, time: Duration) = run {
    var count = 0
    val worker = backend.worker {
        entrypoint("e", { concurrencyLimit = limit }) {
            count++
            delay(time)
        }
    }
    ({ count }) to launch { worker.run(DRAIN) }
}
