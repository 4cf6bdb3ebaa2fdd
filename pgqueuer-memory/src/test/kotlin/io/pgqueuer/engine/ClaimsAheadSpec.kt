package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.pgqueuer.Backend
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.adapter.StoreBackend
import kotlinx.coroutines.delay
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** How many jobs a worker with blocking handlers holds by default: more than it has threads, while they are quick. */
class ClaimsAheadSpec : FunSpec({
    test("quick blocking handlers get far more jobs from a claim than they have threads") {
        engineTest { real ->
            val backend = backendWithClaimsOf5Millis(real)
            val sizes = backend.claimSizes()
            backend.queue.enqueueAll(List(10_000) { NewJob("quick") })

            backend.worker { blockingEntrypoint("quick") { } }.run(DRAIN).succeeded shouldBe 10_000

            sizes.max() shouldBeGreaterThan 300
            backend.faults.claims shouldBeLessThanOrEqual 60
        }
    }

    test("a slow handler keeps no job from other workers, even right after quick ones") {
        engineTest { real ->
            val backend = backendWithClaimsOf5Millis(real)
            backend.queue.enqueueAll(List(5_000) { NewJob("quick") } + List(1_000) { NewJob("slow") })
            start(backend.workerOfBoth())

            delay(5.seconds)
            backend.pickedAndQueued() shouldBe (THREADS to 1_000L - THREADS)
            // The worker does not try again and again.
            val claims = backend.faults.claims
            delay(5.minutes)
            backend.faults.claims - claims shouldBeLessThanOrEqual 15
            backend.pickedAndQueued() shouldBe (THREADS to 1_000L - THREADS)
        }
    }

    test("jobs that were given back because others are slow run, and none is lost or run twice") {
        engineTest { real ->
            val backend = backendWithClaimsOf5Millis(real)
            backend.queue.enqueueAll(List(5_000) { NewJob("quick") } + List(1_000) { NewJob("slow") })
            val report = backend.workerOfBoth(slowness = 2.seconds).run(DRAIN)
            report.succeeded shouldBe 6_000
            backend.insights.queueSize() shouldBe emptyList()
        }
    }

    test("the number of tasks that is set is a limit, and so is that of an entrypoint with a concurrency limit") {
        engineTest { real ->
            val backend = backendWithClaimsOf5Millis(real)
            val sizes = backend.claimSizes()
            backend.queue.enqueueAll(List(2_000) { NewJob("quick") })
            backend.worker { blockingEntrypoint("quick") { } }.run(DRAIN.with { maxConcurrentTasks = 7 })
            sizes.max() shouldBe 7

            sizes.clear()
            backend.queue.enqueueAll(List(2_000) { NewJob("limited") })
            backend.worker { blockingEntrypoint("limited", { concurrencyLimit = 1_000 }) { } }.run(DRAIN)
            sizes.max() shouldBeLessThanOrEqual THREADS.toInt()
        }
    }
})

/** The threads for blocking handlers of a store in virtual time. */
private const val THREADS = 64L

/** Handlers that take no virtual time end before such a claim returns. */
private fun backendWithClaimsOf5Millis(real: StoreBackend) = FaultyBackend(real).apply {
    faults.beforeClaim = { delay(5.milliseconds) }
}

private fun FaultyBackend.claimSizes() = mutableListOf<Int>().also { sizes ->
    faults.afterClaim = { sizes += it.jobs.size }
}

private fun Backend.workerOfBoth(slowness: Duration = 1.hours) = worker {
    blockingEntrypoint("quick") { }
    entrypoint("slow") { delay(slowness) }
}

private suspend fun Backend.pickedAndQueued() = insights.queueSize().let { sizes ->
    fun of(status: JobStatus) = sizes.filter { it.status == status }.sumOf { it.count }
    of(JobStatus.PICKED) to of(JobStatus.QUEUED)
}
