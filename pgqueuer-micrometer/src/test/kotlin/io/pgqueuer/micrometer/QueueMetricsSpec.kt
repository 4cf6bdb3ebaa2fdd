package io.pgqueuer.micrometer

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.doubles.shouldBeNaN
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.micrometer.core.instrument.Tags
import io.micrometer.core.instrument.simple.SimpleMeterRegistry
import io.pgqueuer.Backlog
import io.pgqueuer.Insights
import io.pgqueuer.NewJob
import io.pgqueuer.RetryPolicy
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.port.Store
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** What the queue contains, as gauges; in virtual time, so that each reading and each age is exact. */
class QueueMetricsSpec : FunSpec({
    fun SimpleMeterRegistry.value(name: String, vararg tags: String) = get(name).tags(*tags).gauge().value()

    test("gauges show the jobs of each entrypoint, the tables and who works") {
        runTest {
            val registry = SimpleMeterRegistry()
            val backend = inMemoryBackend()
            repeat(2) { backend.queue.enqueue("waits") }
            backend.queue.enqueue("waits") { delay = 1_000.seconds }
            backend.queue.enqueue("hangs")
            backend.queue.enqueue("breaks")
            val worker = backend.worker {
                defaults { retry = RetryPolicy.NONE }
                entrypoint("hangs") { awaitCancellation() }
                entrypoint("breaks") { error("broken") }
            }
            backgroundScope.launch { worker.run() }
            delay(25.seconds)
            metrics(backend).bindTo(registry)
            delay(1.milliseconds)

            fun jobs(entrypoint: String, status: String) =
                registry.value("pgqueuer.queue.jobs", "entrypoint", entrypoint, "status", status)
            jobs("waits", "queued") shouldBe 3.0
            jobs("waits", "picked") shouldBe 0.0
            jobs("hangs", "picked") shouldBe 1.0
            jobs("breaks", "failed") shouldBe 1.0
            registry.value("pgqueuer.queue.due", "entrypoint", "waits") shouldBe 2.0
            registry.value("pgqueuer.queue.overdue", "entrypoint", "waits") shouldBe 25.0
            registry.value("pgqueuer.queue.overdue", "entrypoint", "hangs") shouldBe 0.0
            registry.value("pgqueuer.workers.active") shouldBe 1.0
            registry.find("pgqueuer.table.rows").gauges().size shouldBe 6
            registry.find("pgqueuer.table.rows").gauges().maxOf { it.value() } shouldBe 8.0
            registry.value("pgqueuer.snapshot.age") shouldBe 0.001
        }
    }

    test("Python's two names and labels are there, with the prefix that Python puts in front") {
        runTest {
            val registry = SimpleMeterRegistry()
            val backend = inMemoryBackend()
            repeat(2) { backend.queue.enqueue("e") }
            metrics(backend) { prefix = "app_" }.bindTo(registry)
            delay(1.milliseconds)

            val labels = arrayOf("aggregation", "sum", "entrypoint", "e", "status", "queued")
            registry.value("app_pgqueuer.queue.count", *labels) shouldBe 2.0
            registry.value("app_pgqueuer.logs.count", *labels) shouldBe 2.0
        }
    }

    test("an entrypoint that leaves the queue goes to 0, and a new one appears") {
        runTest {
            val registry = SimpleMeterRegistry()
            val backend = inMemoryBackend()
            backend.queue.enqueue("old")
            metrics(backend).bindTo(registry)
            delay(1.seconds)
            backend.queue.clear("old")
            backend.queue.enqueue("new")
            registry.value("pgqueuer.queue.due", "entrypoint", "old") shouldBe 1.0
            delay(10.seconds)

            registry.value("pgqueuer.queue.due", "entrypoint", "old") shouldBe 0.0
            registry.value("pgqueuer.queue.overdue", "entrypoint", "old") shouldBe 0.0
            registry.value("pgqueuer.queue.due", "entrypoint", "new") shouldBe 1.0
        }
    }

    test("a scrape never reads: one reading per interval, however many gauges and registries there are") {
        runTest {
            val backend = ReadBackend(inMemoryBackend().store)
            backend.queue.enqueueAll(List(20) { NewJob("e$it") })
            val registries = List(3) { SimpleMeterRegistry() }
            val metrics = metrics(backend) { interval = 5.seconds }
            registries.forEach(metrics::bindTo)
            repeat(100) {
                delay(100.milliseconds)
                registries.forEach { registry -> registry.meters.forEach { it.measure().toList() } }
            }

            backend.readings shouldBe 2
            registries.map { it.value("pgqueuer.queue.due", "entrypoint", "e7") } shouldBe List(3) { 1.0 }
        }
    }

    test("if readings fail, gauges keep their values for a minute and are NaN then; the age and the failures show it") {
        runTest {
            val registry = SimpleMeterRegistry()
            val backend = ReadBackend(inMemoryBackend().store)
            backend.queue.enqueue("e")
            metrics(backend).bindTo(registry)
            delay(1.milliseconds)
            backend.failure = StoreUnavailableException("away")
            fun due() = registry.value("pgqueuer.queue.due", "entrypoint", "e")

            delay(59.seconds)
            due() shouldBe 1.0
            delay(1.seconds)
            due().shouldBeNaN()
            registry.value("pgqueuer.workers.active").shouldBeNaN()
            registry.value("pgqueuer.snapshot.age") shouldBe 60.001
            registry.get("pgqueuer.snapshot.failures").counter().count() shouldBe 6.0

            backend.failure = null
            delay(10.seconds)
            due() shouldBe 1.0
            registry.get("pgqueuer.snapshot.failures").counter().count() shouldBe 6.0
        }
    }

    test("before the first reading nothing is claimed to be there, and the age grows") {
        runTest {
            val registry = SimpleMeterRegistry()
            val backend = ReadBackend(inMemoryBackend().store)
            backend.failure = StoreUnavailableException("away")
            metrics(backend).bindTo(registry)
            delay(30.seconds)

            registry.value("pgqueuer.snapshot.age") shouldBe 30.0
            registry.value("pgqueuer.workers.active").shouldBeNaN()
            registry.find("pgqueuer.queue.jobs").gauges().shouldBeEmpty()
        }
    }

    test("entrypoints beyond the most are summed up") {
        runTest {
            val registry = SimpleMeterRegistry()
            val backend = inMemoryBackend()
            backend.queue.enqueue("e3")
            delay(5.seconds)
            backend.queue.enqueueAll(listOf("e1", "e2", "e4", "e4").map { NewJob(it) })
            delay(2.seconds)
            metrics(backend) { maxEntrypoints = 2 }.bindTo(registry)
            delay(1.milliseconds)

            registry.find("pgqueuer.queue.due").gauges().map { it.id.getTag("entrypoint") to it.value() }
                .shouldContainExactlyInAnyOrder("e1" to 1.0, "e2" to 1.0, "_others" to 3.0)
            registry.value("pgqueuer.queue.overdue", "entrypoint", "_others") shouldBe 7.0
            registry.value("pgqueuer.logs.count", "entrypoint", "_others", "status", "queued") shouldBe 3.0
        }
    }

    test("metrics of another reader's readings read nothing more, and leave it open") {
        runTest {
            val backend = ReadBackend(inMemoryBackend().store)
            val reader = backend.snapshotReader(backgroundScope, 10.seconds)
            val metrics = QueueMetrics(reader, backgroundScope.coroutineContext)
            metrics.bindTo(SimpleMeterRegistry())
            repeat(15) {
                reader.read()
                delay(1.seconds)
            }
            backend.readings shouldBe 2
            metrics.close()
            delay(100.seconds)
            backend.readings shouldBe 2
            reader.read()
            backend.readings shouldBe 3
        }
    }

    test("closing ends the readings and removes the gauges") {
        runTest {
            val registry = SimpleMeterRegistry()
            val backend = ReadBackend(inMemoryBackend().store)
            backend.queue.enqueue("e")
            val metrics = metrics(backend)
            metrics.bindTo(registry)
            delay(1.seconds)

            metrics.close()

            delay(100.seconds)
            backend.readings shouldBe 1
            registry.meters.shouldBeEmpty()
            shouldThrow<IllegalStateException> { metrics.bindTo(registry) }.message shouldContain "are closed"
            metrics(backend).bindTo(registry)
        }
    }

    test("two queues in one registry need tags") {
        runTest {
            val registry = SimpleMeterRegistry()
            metrics(inMemoryBackend()) { tags = Tags.of("queue", "a") }.bindTo(registry)
            metrics(inMemoryBackend()) { tags = Tags.of("queue", "b") }.bindTo(registry)

            shouldThrow<IllegalStateException> {
                metrics(inMemoryBackend()) { tags = Tags.of("queue", "a") }.bindTo(registry)
            }.message shouldContain "tags of its own"
        }
    }
})

private fun TestScope.metrics(backend: StoreBackend, configure: MetricsOptions.() -> Unit = {}) =
    QueueMetrics(backend, backgroundScope.coroutineContext, configure)

/** A backend on [real] that counts its readings, and fails them. */
private class ReadBackend private constructor(
    private val reads: ReadStore,
) : StoreBackend(reads) {
    constructor(real: Store) : this(ReadStore(real))

    val readings get() = reads.readings
    var failure by reads::failure

    private class ReadStore(
        private val real: Store,
    ) : Store by real {
        var readings = 0
        var failure: Exception? = null

        override val insights: Insights = object : Insights by real.insights {
            override suspend fun backlog(): List<Backlog> {
                readings++
                failure?.let { throw it }
                return real.insights.backlog()
            }
        }
    }
}
