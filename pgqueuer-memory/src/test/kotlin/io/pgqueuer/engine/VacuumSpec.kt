package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.Backend
import io.pgqueuer.NewJob
import io.pgqueuer.RunOptions
import io.pgqueuer.StoreUnavailableException
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class VacuumSpec : FunSpec({
    fun TestScope.startWorker(backend: Backend, vacuumEvery: Int?) = start(
        backend.worker {
            deleteFailedJobs()
            entrypoint("e") { if (it.payload != null) error("bad") }
        },
        RunOptions { this.vacuumEvery = vacuumEvery },
    )

    suspend fun Backend.work(jobs: Int, payload: ByteArray? = null) {
        queue.enqueueAll(List(jobs) { NewJob("e", payload) })
        delay(1.seconds)
    }

    test("a queue is vacuumed after so many jobs that ended, well or not") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            startWorker(backend, vacuumEvery = 1_000)
            real.work(600)
            backend.faults.vacuums shouldBe 0
            real.work(400, payload = byteArrayOf(1))
            backend.faults.vacuums shouldBe 1
            real.work(999)
            backend.faults.vacuums shouldBe 1
            real.work(1)
            backend.faults.vacuums shouldBe 2
        }
    }

    test("a worker that is told so leaves it alone") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            startWorker(backend, vacuumEvery = null)
            real.work(200_000)
            delay(1.days)
            backend.faults.vacuums shouldBe 0
        }
    }

    test("it rests nine times as long as it took, ten minutes at most") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            var took = 10.seconds
            backend.faults.duringVacuum = {
                delay(took)
                true
            }
            startWorker(backend, vacuumEvery = 1_000)
            real.work(1_000)
            real.work(1_000)
            delay(97.seconds)
            backend.faults.vacuums shouldBe 1
            took = 1.days
            delay(2.seconds)
            backend.faults.vacuums shouldBe 2
            real.work(1_000)
            delay(1.days + 9.minutes)
            backend.faults.vacuums shouldBe 2
            delay(1.minutes)
            backend.faults.vacuums shouldBe 3
        }
    }

    test("jobs are worked while it goes on, and a shutdown does not wait for it") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.duringVacuum = { awaitCancellation() }
            val worker = backend.worker { entrypoint("e") {} }
            val running = start(worker, RunOptions { vacuumEvery = 1_000 })
            real.work(1_000)
            real.work(1_000)
            backend.faults.vacuums shouldBe 1
            real.insights.queueSize() shouldBe emptyList()
            val stopped = elapsed
            worker.shutdown()
            running.join()
            elapsed shouldBe stopped
        }
    }

    test("one that failed is made up for, one that is not allowed is not tried again") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.duringVacuum = { throw StoreUnavailableException("away") }
            startWorker(backend, vacuumEvery = 1_000)
            real.work(1_000)
            backend.faults.duringVacuum = { false }
            real.work(1_000)
            backend.faults.vacuums shouldBe 2
            real.work(5_000)
            delay(1.days)
            backend.faults.vacuums shouldBe 2
        }
    }

    test("too often is refused") {
        listOf(999, -1).forEach {
            shouldThrow<IllegalArgumentException> { RunOptions { vacuumEvery = it } }.message shouldContain
                "vacuumEvery must be >= 1000 jobs, or null for never, was $it"
        }
    }
})
