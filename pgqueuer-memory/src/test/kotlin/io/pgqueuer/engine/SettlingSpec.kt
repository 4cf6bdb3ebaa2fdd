package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.RunOptions
import io.pgqueuer.domain.JobStatus
import io.pgqueuer.domain.NewJob
import io.pgqueuer.domain.StoreUnavailableException
import io.pgqueuer.pgQueuer
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class SettlingSpec : FunSpec({
    test("outcomes wait for a store that is away, keep their leases, and are written once it is back") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.beforeSettle = { if (elapsed < 10.minutes) throw StoreUnavailableException("away") }
            val ids = real.queue.enqueueAll(List(3) { NewJob("e") })
            var runs = 0
            start(pgQueuer(real) { entrypoint("other") {} })
            val report = pgQueuer(backend) { entrypoint("e") { runs++ } }.run(DRAIN)
            runs shouldBe 3
            report.succeeded shouldBe 3
            ids.forEach {
                real.statuses(it).shouldContainExactly(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.SUCCESSFUL)
            }
        }
    }

    test("an outcome whose confirmation was lost is not written twice") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            var first = true
            backend.afterSettle =
                { if (first) throw StoreUnavailableException("the answer was lost").also { first = false } }
            val id = real.queue.enqueue("e")
            pgQueuer(backend) { entrypoint("e") {} }.run(DRAIN)
            real.statuses(id).shouldContainExactly(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.SUCCESSFUL)
        }
    }

    test("one outcome that the store refuses keeps no other from being written") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val ids = real.queue.enqueueAll(List(20) { NewJob("e") })
            backend.beforeSettle = { batch ->
                require(batch.none { it.lease.jobId == ids[7] }) { "this one is refused" }
            }
            start(pgQueuer(backend) { entrypoint("e") {} }, RunOptions(batchSize = 20))
            delay(1.seconds)
            real.insights.queueSize().map { it.status to it.count }.shouldContainExactly(JobStatus.PICKED to 1L)
            real.insights.job(ids[7])?.status shouldBe JobStatus.PICKED
        }
    }

    test("outcomes that gather while a batch is written share the next statement") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            var statements = 0
            backend.beforeSettle = {
                statements++
                delay(1.seconds)
            }
            real.queue.enqueueAll(List(500) { NewJob("e") })
            pgQueuer(backend) { entrypoint("e") {} }.run(DRAIN.copy(batchSize = 100)).succeeded shouldBe 500
            statements shouldBeLessThanOrEqual 3
        }
    }

    test("a worker claims no more while the outcomes that wait pile up") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.beforeSettle = { if (elapsed < 1.minutes) throw StoreUnavailableException("away") }
            real.queue.enqueueAll(List(10_000) { NewJob("e") })
            start(pgQueuer(backend) { entrypoint("e") {} }, RunOptions(batchSize = 100))
            delay(30.seconds)
            real.insights.queueSize().single { it.status == JobStatus.QUEUED }.count shouldBeGreaterThan 7_000
            delay(5.minutes)
            real.insights.queueSize().shouldBeEmpty()
        }
    }
})
