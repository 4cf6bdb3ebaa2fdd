package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobStatus
import io.pgqueuer.LogLevel
import io.pgqueuer.NewJob
import io.pgqueuer.OnFailure
import io.pgqueuer.QueueProperties
import io.pgqueuer.RetryRequested
import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.SchemaException
import io.pgqueuer.StoreUnavailableException
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class SettlingSpec : FunSpec({
    test("outcomes wait for a store that is away, keep their leases, and are written once it is back") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeSettle = { if (elapsed < 10.minutes) throw StoreUnavailableException("away") }
            val ids = real.queue.enqueueAll(List(3) { NewJob("e") })
            var runs = 0
            start(real.worker { entrypoint("other") {} })
            val report = backend.worker { entrypoint("e") { runs++ } }.run(DRAIN)
            runs shouldBe 3
            report.succeeded shouldBe 3
            ids.forEach {
                real.statuses(it).shouldContainExactly(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.SUCCESSFUL)
            }
        }
    }

    for (level in listOf(LogLevel.FULL, LogLevel.FAILURES)) {
        test("an outcome whose confirmation was lost counts as what was written, with the log level ${level.label}") {
            engineTest { real ->
                real.schema.change(QueueProperties { logLevel = level })
                val backend = FaultyBackend(real)
                var lost = 0
                backend.faults.afterSettle =
                    { if (lost++ % 2 == 0) throw StoreUnavailableException("the answer was lost") }
                val ids = listOf("succeeds", "fails", "is_held", "retries").map { real.queue.enqueue(it) }
                var tries = 0
                val worker = backend.worker {
                    deleteFailedJobs()
                    entrypoint("succeeds") { delay(10.seconds) }
                    entrypoint("fails") {
                        delay(20.seconds)
                        error("broken")
                    }
                    entrypoint("is_held", { onFailure = OnFailure.HOLD }) {
                        delay(30.seconds)
                        error("broken")
                    }
                    entrypoint("retries") {
                        delay(40.seconds)
                        if (tries++ == 0) throw RetryRequested(1.minutes)
                    }
                }
                val report = worker.run(DRAIN)
                report.toString() shouldBe "RunReport(succeeded=2, failed=1, held=1, retried=1, released=0, " +
                    "canceled=0, leasesLost=0, schedulesRun=0, schedulesFailed=0)"
                tries shouldBe 2
                lost shouldBeGreaterThan 5
                real.statuses(ids[1]).last() shouldBe JobStatus.EXCEPTION
            }
        }
    }

    test("a job that was canceled before its outcome was written counts as canceled") {
        engineTest { real ->
            val backend = FaultyBackend(real).apply { faults.deaf = true }
            val id = real.queue.enqueue("e")
            backend.faults.beforeSettle = { real.queue.cancel(listOf(id)) }
            backend.worker { entrypoint("e") { } }.run(DRAIN).run { canceled to leasesLost } shouldBe (1L to 0L)
        }
    }

    test("an outcome that nobody can write blocks nobody, keeps its lease, and is written once it can be") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val ids = real.queue.enqueueAll(List(50) { NewJob("e") })
            // As PostgreSQL does when another table refers to the row.
            backend.faults.beforeSettle = { batch ->
                if (elapsed < 20.minutes && batch.any { it.lease.jobId == ids[7] }) {
                    throw StoreUnavailableException("update or delete on table violates foreign key constraint")
                }
            }
            var runs = 0
            val report = backgroundScope.async {
                backend.worker { entrypoint("e") { runs++ } }.run(DRAIN.with { batchSize = 50 })
            }
            delay(1.minutes)
            real.insights.queueSize().map { it.status to it.count }.shouldContainExactly(JobStatus.PICKED to 1L)
            val more = real.queue.enqueueAll(List(5_000) { NewJob("e") })
            delay(1.minutes)
            real.insights.queueSize().map { it.status to it.count }.shouldContainExactly(JobStatus.PICKED to 1L)
            report.await().run { succeeded to leasesLost } shouldBe (50L + more.size to 0L)
            runs shouldBe 50 + more.size
            real.statuses(ids[7]).last() shouldBe JobStatus.SUCCESSFUL
        }
    }

    test("a privilege that is missing for a minute loses no outcome") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeSettle = { if (elapsed < 1.minutes) throw SchemaException("permission denied") }
            real.queue.enqueueAll(List(100) { NewJob("e") })
            var runs = 0
            val report = backend.worker { entrypoint("e") { runs++ } }.run(DRAIN)
            report.run { succeeded to leasesLost } shouldBe (100L to 0L)
            runs shouldBe 100
        }
    }

    test("one outcome that the store refuses keeps no other from being written") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val ids = real.queue.enqueueAll(List(20) { NewJob("e") })
            backend.faults.beforeSettle = { batch ->
                require(batch.none { it.lease.jobId == ids[7] }) { "this one is refused" }
            }
            start(backend.worker { entrypoint("e") {} }, RunOptions { batchSize = 20 })
            delay(1.seconds)
            real.insights.queueSize().map { it.status to it.count }.shouldContainExactly(JobStatus.PICKED to 1L)
            real.insights.job(ids[7])?.status shouldBe JobStatus.PICKED
        }
    }

    test("outcomes that gather while a batch is written share the next statement") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            var statements = 0
            backend.faults.beforeSettle = {
                statements++
                delay(1.seconds)
            }
            real.queue.enqueueAll(List(500) { NewJob("e") })
            backend.worker { entrypoint("e") {} }.run(DRAIN.with { batchSize = 100 }).succeeded shouldBe 500
            statements shouldBeLessThanOrEqual 3
        }
    }

    test("a worker claims no more while the outcomes that wait pile up") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeSettle = { if (elapsed < 1.minutes) throw StoreUnavailableException("away") }
            real.queue.enqueueAll(List(10_000) { NewJob("e") })
            start(backend.worker { entrypoint("e") {} }, RunOptions { batchSize = 100 })
            delay(30.seconds)
            real.insights.queueSize().single { it.status == JobStatus.QUEUED }.count shouldBeGreaterThan 7_000
            delay(5.minutes)
            real.insights.queueSize().shouldBeEmpty()
        }
    }
})
