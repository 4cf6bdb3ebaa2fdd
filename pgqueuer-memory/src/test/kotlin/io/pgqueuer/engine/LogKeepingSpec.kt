package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.pgqueuer.Backend
import io.pgqueuer.NewJob
import io.pgqueuer.RunOptions
import io.pgqueuer.StoreUnavailableException
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class LogKeepingSpec : FunSpec({
    fun Backend.testWorker() = worker { entrypoint("e") { } }

    suspend fun Backend.rowsOf(table: String) = insights.tableSizes().single { it.table == table }.rows

    test("what a worker does is counted into the statistics, at the interval") {
        engineTest { backend ->
            start(backend.testWorker(), RunOptions { logAggregationInterval = 20.seconds })
            backend.queue.enqueue("e")
            delay(19.seconds)
            backend.rowsOf("pgqueuer_statistics") shouldBe 0
            delay(2.seconds)
            // Queued, picked, successful, within one second.
            backend.rowsOf("pgqueuer_statistics") shouldBe 3
        }
    }

    test("a log longer than a step is counted to its end") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            real.queue.enqueueAll(List(25_000) { NewJob("other") })
            start(backend.testWorker())
            delay(31.seconds)
            backend.faults.aggregations shouldBe 3
            real.store.maintenance.aggregate(1) shouldBe 0
        }
    }

    test("an idle worker counts once, and then no more") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            start(backend.testWorker())
            delay(1.days)
            backend.faults.aggregations shouldBe 1
            real.queue.enqueue("e")
            delay(1.days)
            backend.faults.aggregations shouldBe 2
        }
    }

    test("a count that failed is made up for") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeAggregate = { throw StoreUnavailableException("away") }
            real.queue.enqueue("other")
            start(backend.testWorker())
            delay(5.minutes)
            backend.faults.aggregations shouldBeGreaterThanOrEqual 9
            backend.faults.beforeAggregate = {}
            delay(1.minutes)
            real.store.maintenance.aggregate(1) shouldBe 0
            val aggregations = backend.faults.aggregations
            delay(1.days)
            backend.faults.aggregations shouldBeLessThanOrEqual aggregations
        }
    }

    test("an interval of zero counts nothing") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            start(backend.testWorker(), RunOptions { logAggregationInterval = null })
            real.queue.enqueue("e")
            delay(1.days)
            backend.faults.aggregations shouldBe 0
        }
    }

    test("the log is kept for ever, unless a retention is set") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            start(backend.testWorker(), RunOptions { dequeueTimeout = 1.hours })
            delay(400.days)
            backend.insights.log(id) shouldHaveSize 3
        }
    }

    test("entries older than the retention are deleted, in steps, while the worker is idle") {
        engineTest { backend ->
            val ids = backend.queue.enqueueAll(List(5_000) { NewJob("e") })
            start(
                backend.testWorker(),
                RunOptions {
                    batchSize = 1_000
                    dequeueTimeout = 1.hours
                    logRetention = 7.days
                },
            )
            delay(7.days - 1.hours)
            ids.forEach { backend.insights.log(it) shouldHaveSize 3 }
            delay(2.hours + 1.minutes)
            ids.forEach { backend.insights.log(it).shouldBeEmpty() }
            backend.rowsOf("pgqueuer_log") shouldBe 0
        }
    }

    test("a drain over an old log counts it and deletes what is older than the retention") {
        engineTest { backend ->
            val old = backend.queue.enqueueAll(List(3) { NewJob("other") })
            backend.queue.cancel(old)
            delay(2.days)
            val id = backend.queue.enqueue("e")
            backend.testWorker().run(DRAIN.with { logRetention = 1.days })
            old.forEach { backend.insights.log(it).shouldBeEmpty() }
            backend.insights.log(id) shouldHaveSize 3
            backend.store.maintenance.aggregate(1) shouldBe 0
            elapsed shouldBe 2.days
        }
    }

    test("a worker that is shut down before its interval counts what it wrote") {
        engineTest { backend ->
            backend.queue.enqueue("e")
            val worker = backend.testWorker()
            val run = start(worker)
            delay(1.seconds)
            worker.shutdown()
            run.join()
            backend.rowsOf("pgqueuer_statistics") shouldBe 3
        }
    }

    test("the end of a run does not wait for a log that cannot be counted") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeAggregate = { delay(1.hours) }
            real.queue.enqueue("e")
            backend.testWorker().run(DRAIN).succeeded shouldBe 1
            elapsed shouldBe 2.seconds
            backend.faults.beforeAggregate = { throw StoreUnavailableException("away") }
            backend.testWorker().run(DRAIN)
            elapsed shouldBe 2.seconds
        }
    }

    test("a run without aggregation counts nothing at its end") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            real.queue.enqueue("e")
            backend.testWorker().run(DRAIN.with { logAggregationInterval = null })
            backend.faults.aggregations shouldBe 0
        }
    }

    test("options that cannot be are refused") {
        fun refusal(make: () -> RunOptions) = shouldThrow<IllegalArgumentException> { make() }.message
        refusal { RunOptions { logAggregationInterval = (-1).seconds } } shouldBe
            "logAggregationInterval must be >= 1s, or null for never, was -1s"
        refusal { RunOptions { logRetention = 1.seconds } } shouldBe
            "logRetention must be >= 1m, or null to keep the log, was 1s"
        refusal {
            RunOptions {
                logAggregationInterval = null
                logRetention = 1.days
            }
        } shouldBe
            "logRetention needs a logAggregationInterval: only log entries that are counted are deleted"
    }
})
