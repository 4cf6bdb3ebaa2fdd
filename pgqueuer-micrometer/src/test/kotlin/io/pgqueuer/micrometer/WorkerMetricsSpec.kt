package io.pgqueuer.micrometer

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.doubles.plusOrMinus
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.micrometer.core.instrument.Meter
import io.micrometer.core.instrument.Tags
import io.micrometer.core.instrument.simple.SimpleMeterRegistry
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RetryRequested
import io.pgqueuer.RunMode
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.Renewal
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Signal
import io.pgqueuer.port.Store
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import java.util.concurrent.TimeUnit.SECONDS
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/** What workers do, as counters, timers and gauges; in virtual time, so that each time is exact. */
class WorkerMetricsSpec : FunSpec({
    fun SimpleMeterRegistry.outcomes(entrypoint: String) =
        find("pgqueuer.jobs").tag("entrypoint", entrypoint).counters()
            .filter { it.count() > 0 }.associate { it.id.getTag("outcome") to it.count().toInt() }

    fun SimpleMeterRegistry.run(entrypoint: String) = get("pgqueuer.job.run").tag("entrypoint", entrypoint).timer()

    test("each run is counted by its outcome, and timed if it ended by itself") {
        runTest {
            val registry = SimpleMeterRegistry()
            val backend = inMemoryBackend { observe(WorkerMetrics(registry)) }
            val worker = backend.worker {
                defaults { retry = RetryPolicy.NONE }
                entrypoint("succeeds") { delay(2.seconds) }
                entrypoint("retries") { if (attempt == 1) throw RetryRequested(1.minutes) else delay(3.seconds) }
                entrypoint("fails", { onFailure = OnFailure.DELETE }) { error("broken") }
                entrypoint("holds") { error("broken") }
                entrypoint("hangs") { awaitCancellation() }
            }
            backend.queue.enqueueAll(listOf("succeeds", "succeeds", "retries", "fails", "holds").map { NewJob(it) })
            val (canceled, _) = backend.queue.enqueueAll(List(2) { NewJob("hangs") })
            coroutineScope {
                launch { worker.run { shutdownTimeout = Duration.ZERO } }
                delay(2.minutes)
                backend.queue.cancel(listOf(canceled))
                delay(1.minutes)
                worker.shutdown()
            }

            registry.outcomes("succeeds") shouldBe mapOf("succeeded" to 2)
            registry.outcomes("retries") shouldBe mapOf("retried" to 1, "succeeded" to 1)
            registry.outcomes("fails") shouldBe mapOf("failed" to 1)
            registry.outcomes("holds") shouldBe mapOf("held" to 1)
            registry.outcomes("hangs") shouldBe mapOf("canceled" to 1, "released" to 1)
            registry.find("pgqueuer.jobs").tag("entrypoint", "holds").counters().map { it.id.getTag("outcome") }
                .shouldContainExactlyInAnyOrder(
                    "succeeded",
                    "retried",
                    "failed",
                    "held",
                    "released",
                    "canceled",
                    "lease_lost",
                )
            registry.run("succeeds").run {
                count() shouldBe 2
                totalTime(SECONDS) shouldBe 4.0
                max(SECONDS) shouldBe 2.0
            }
            registry.run("retries").totalTime(SECONDS) shouldBe 3.0
            registry.run("hangs").count() shouldBe 0
        }
    }

    test("the wait counts from when the job is due, or there, until it is claimed") {
        runTest {
            val registry = SimpleMeterRegistry()
            val backend = inMemoryBackend { observe(WorkerMetrics(registry)) }
            delay(1.hours)
            backend.queue.enqueue("due")
            backend.queue.enqueue("late") { delay = 3.seconds }
            backend.queue.enqueue("past") { runAt = Instant.fromEpochSeconds(1) }
            delay(10.seconds)
            backend.worker { for (name in listOf("due", "late", "past")) entrypoint(name) {} }
                .run { mode = RunMode.DRAIN }

            fun waited(entrypoint: String) =
                registry.get("pgqueuer.job.wait").tag("entrypoint", entrypoint).timer().totalTime(SECONDS)
            waited("due") shouldBe (10.0 plusOrMinus 0.1)
            waited("late") shouldBe (7.0 plusOrMinus 0.1)
            waited("past") shouldBe (10.0 plusOrMinus 0.1)
        }
    }

    test("jobs that are taken over are counted, also if the claim holds them, and their wait is not") {
        runTest {
            val registry = SimpleMeterRegistry()
            val real = inMemoryBackend()
            real.queue.enqueue("e")
            dieWithAJob(real)
            val worker = real.worker {
                observe(WorkerMetrics(registry))
                entrypoint("e") {}
            }
            backgroundScope.launch { worker.run { maxRescues = 1 } }
            delay(5.minutes)

            registry.outcomes("e") shouldBe mapOf("held" to 1)
            registry.find("pgqueuer.job.wait").timer()!!.count() shouldBe 0
        }
    }

    test("a rescued job is counted by its entrypoint") {
        runTest {
            val registry = SimpleMeterRegistry()
            val real = inMemoryBackend()
            real.queue.enqueue("e")
            dieWithAJob(real)
            val worker = real.worker {
                observe(WorkerMetrics(registry))
                entrypoint("e") {}
            }
            backgroundScope.launch { worker.run() }
            delay(5.minutes)

            registry.get("pgqueuer.jobs.rescued").tag("entrypoint", "e").counter().count() shouldBe 1.0
            registry.outcomes("e") shouldBe mapOf("succeeded" to 1)
            registry.get("pgqueuer.job.wait").timer().count() shouldBe 0
        }
    }

    test("runs of schedules are timed by their outcome") {
        runTest {
            val registry = SimpleMeterRegistry()
            var runs = 0
            val worker = inMemoryBackend { observe(WorkerMetrics(registry)) }.worker {
                schedule("report", "* * * * *") {
                    delay(2.seconds)
                    if (++runs == 1) error("broken")
                }
            }
            val job = backgroundScope.launch { worker.run() }
            delay(3.minutes + 30.seconds)
            worker.shutdown()
            job.join()

            fun of(outcome: String) =
                registry.get("pgqueuer.schedule.run").tags("schedule", "report", "outcome", outcome).timer()
            of("failed").count() shouldBe 1
            of("succeeded").count() shouldBe runs - 1
            of("succeeded").totalTime(SECONDS) shouldBe (runs - 1) * 2.0
        }
    }

    test("gauges show the workers of the process, who of them listens, and the free slots") {
        runTest {
            val registry = SimpleMeterRegistry()
            val metrics = WorkerMetrics(registry)
            val real = inMemoryBackend()
            val interrupting = Interrupting(real.store)
            val backend = StoreBackend(interrupting)
            repeat(3) { real.queue.enqueue("e") }
            fun gauge(name: String) = registry.get(name).gauge().value().toInt()
            fun worker(slots: Int) = backend.worker {
                observe(metrics)
                entrypoint("e") { delay(10.seconds) }
            }.let { worker -> worker to backgroundScope.launch { worker.run { maxConcurrentTasks = slots } } }
            val (one, run) = worker(2)
            delay(1.seconds)

            gauge("pgqueuer.workers.running") shouldBe 1
            gauge("pgqueuer.workers.listening") shouldBe 1
            gauge("pgqueuer.worker.slots") shouldBe 2
            gauge("pgqueuer.worker.slots.free") shouldBe 0
            worker(5)
            delay(1.seconds)
            gauge("pgqueuer.workers.running") shouldBe 2
            gauge("pgqueuer.worker.slots") shouldBe 7
            gauge("pgqueuer.worker.slots.free") shouldBe 4
            interrupting.interrupted = true
            delay(2.seconds)
            gauge("pgqueuer.workers.listening") shouldBe 0
            registry.get("pgqueuer.listener.interruptions").counter().count() shouldBe 2.0
            one.shutdown()
            run.join()
            gauge("pgqueuer.workers.running") shouldBe 1
            gauge("pgqueuer.worker.slots") shouldBe 5
        }
    }

    test("failures of the store are counted by what was asked of it") {
        runTest {
            val registry = SimpleMeterRegistry()
            val real = inMemoryBackend()
            real.queue.enqueue("e")
            val worker = StoreBackend(CutOff(real.store, isCut = true, renewalsAlone = true)).worker {
                observe(WorkerMetrics(registry))
                entrypoint("e") { delay(15.seconds) }
            }
            backgroundScope.launch { worker.run() }
            delay(16.seconds)

            fun failures(operation: String) =
                registry.get("pgqueuer.store.failures").tag("operation", operation).counter().count()
            (failures("renew_leases") > 0.0) shouldBe true
            failures("claim_jobs") shouldBe 0.0
        }
    }

    test("entrypoints beyond the most share one set of meters, and nothing else is a tag") {
        runTest {
            val registry = SimpleMeterRegistry()
            val backend = inMemoryBackend {
                observe(
                    WorkerMetrics(registry) {
                        maxEntrypoints = 2
                        tags = Tags.of("queue", "billing")
                    },
                )
            }
            backend.queue.enqueueAll(List(5) { NewJob("e$it") })
            backend.worker { repeat(5) { entrypoint("e$it") {} } }.run { mode = RunMode.DRAIN }

            registry.find("pgqueuer.jobs.rescued").counters().map { it.id.getTag("entrypoint") }.toSet().size shouldBe 3
            registry.outcomes(MetricsOptions.OTHERS) shouldBe mapOf("succeeded" to 3)
            registry.meters.filter { it.id.getTag("queue") != "billing" }.shouldBeEmpty()
            registry.meters.flatMap { meter -> meter.id.tags.map { it.key } }.toSet() shouldBe
                setOf("queue", "entrypoint", "outcome", "operation", "le")
        }
    }

    test("percentiles are computed and buckets left out if asked for") {
        runTest {
            val registry = SimpleMeterRegistry()
            val backend = inMemoryBackend {
                observe(
                    WorkerMetrics(registry) {
                        histograms = false
                        percentiles = listOf(0.5, 0.95, 0.99)
                    },
                )
            }
            backend.queue.enqueueAll(List(100) { NewJob("e") })
            backend.worker { entrypoint("e") { delay(it.id.value.seconds) } }.run { mode = RunMode.DRAIN }

            val percentiles = registry.run("e").takeSnapshot().percentileValues()
                .associate { it.percentile() to it.value(SECONDS) }
            percentiles.getValue(0.5) shouldBe (50.0 plusOrMinus 5.0)
            percentiles.getValue(0.99) shouldBe (99.0 plusOrMinus 5.0)
            registry.meters.map(Meter::getId).filter { "histogram" in it.name }.shouldBeEmpty()
        }
    }

    test("an option out of its bounds is refused") {
        shouldThrow<IllegalArgumentException> { WorkerMetrics(SimpleMeterRegistry()) { maxEntrypoints = 0 } }
            .message shouldContain "maxEntrypoints must be 1 to 1000, was 0"
        shouldThrow<IllegalArgumentException> { WorkerMetrics(SimpleMeterRegistry()) { percentiles = listOf(95.0) } }
            .message shouldContain "percentiles must be between 0 and 1, was [95.0]"
    }
})

/** Runs a worker that takes a job of [real] and is then cut off from the store. */
private suspend fun TestScope.dieWithAJob(real: StoreBackend) {
    val cut = CutOff(real.store)
    val worker = StoreBackend(cut).worker { entrypoint("e") { awaitCancellation() } }
    backgroundScope.launch { worker.run() }
    delay(1.seconds)
    cut.isCut = true
}

/** A store as a worker sees it that is cut off from it once [isCut] is set, or cannot renew leases alone. */
private class CutOff(
    private val real: Store,
    var isCut: Boolean = false,
    private val renewalsAlone: Boolean = false,
) : Store by real {
    override val jobs: JobRepository = object : JobRepository by real.jobs {
        override suspend fun claim(request: ClaimRequest): ClaimBatch {
            if (!renewalsAlone) passOrThrow()
            return real.jobs.claim(request)
        }

        override suspend fun renew(leases: Collection<Lease>): Renewal {
            passOrThrow()
            return real.jobs.renew(leases)
        }

        override suspend fun settle(settlements: List<Settlement>): Set<Lease> {
            if (!renewalsAlone) passOrThrow()
            return real.jobs.settle(settlements)
        }
    }

    private fun passOrThrow() {
        if (isCut) throw StoreUnavailableException("cut off")
    }
}

/** A store that interrupts the notifications of all listeners once [interrupted] is set. */
private class Interrupting(
    private val real: Store,
) : Store by real {
    var interrupted = false

    override val notifications: Notifications = object : Notifications by real.notifications {
        override fun listen() = flow {
            emit(Signal.Listening)
            while (!interrupted) delay(1.seconds)
            emit(Signal.Interrupted(StoreUnavailableException("away")))
            awaitCancellation()
        }
    }
}
