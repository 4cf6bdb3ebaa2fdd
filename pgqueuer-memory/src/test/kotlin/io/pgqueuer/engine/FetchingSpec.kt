package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.RunOptions
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.adapter.StoreBackend
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class FetchingSpec : FunSpec({
    test("jobs are handled by priority, then by id") {
        engineTest { backend ->
            val ids = backend.queue.enqueueAll(
                listOf(
                    NewJob("e") { priority = 0 },
                    NewJob("e") { priority = 5 },
                    NewJob("e") { priority = 0 },
                    NewJob("e") { priority = 5 },
                ),
            )
            val handled = mutableListOf<Int>()
            backend.worker { entrypoint("e") { handled += ids.indexOf(it.id) } }
                .run(
                    DRAIN.with {
                        maxConcurrentTasks = 1
                        batchSize = 2
                    },
                )
            handled.shouldContainExactly(1, 3, 0, 2)
        }
    }

    test("a draining worker waits for deferred jobs, each at its due time, and returns with the last") {
        engineTest { backend ->
            val handled = mutableListOf<Pair<String, Duration>>()
            val worker = backend.worker { entrypoint("e") { handled += it.payload!!.decodeToString() to elapsed } }
            backend.queue.enqueue("e", "in three days".encodeToByteArray()) { delay = 3.days }
            backend.queue.enqueue("e", "tomorrow".encodeToByteArray()) { delay = 1.days }
            backend.queue.enqueue("e", "now".encodeToByteArray())
            val report = worker.run(DRAIN)
            handled.shouldContainExactly("now" to Duration.ZERO, "tomorrow" to 1.days, "in three days" to 3.days)
            report.succeeded shouldBe 3
            elapsed shouldBe 3.days
        }
    }

    test("an idle worker starts a job at the moment of its enqueue") {
        engineTest { backend ->
            val started = CompletableDeferred<Duration>()
            start(
                backend.worker {
                    entrypoint("e") { started.complete(elapsed) }
                },
                RunOptions { dequeueTimeout = 1.hours },
            )
            delay(10.minutes)
            backend.queue.enqueue("e")
            started.await() shouldBe 10.minutes
        }
    }

    test("the job that wakes a worker starts before the worker asks what else waits") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val told = mutableListOf<Boolean>()
            backend.faults.beforeClaim = { told += it.tellsWaiting }
            backend.faults.beforeWaiting = { delay(5.seconds) }
            val started = mutableListOf<Duration>()
            start(backend.worker { entrypoint("e") { started += elapsed } }, RunOptions { dequeueTimeout = 1.hours })
            delay(10.minutes)
            told.clear()
            real.queue.enqueue("e")
            delay(1.minutes)
            real.queue.enqueue("e") { delay = 30.minutes }
            delay(2.hours)
            started.shouldContainExactly(10.minutes, 41.minutes)
            // For the first job, for the second one at its enqueue and when it is due, and at the poll.
            told.shouldContainExactly(false, false, false, true)
        }
    }

    test("if the store cannot tell what waits, the job runs, and the next ones start as soon as it can") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            var fails = true
            backend.faults.beforeWaiting = { if (fails) throw StoreUnavailableException("lost") }
            val started = mutableListOf<Duration>()
            start(backend.worker { entrypoint("e") { started += elapsed } }, RunOptions { dequeueTimeout = 1.hours })
            delay(10.minutes)
            real.queue.enqueue("e")
            real.queue.enqueue("e") { delay = 1.minutes }
            delay(30.seconds)
            fails = false
            delay(1.minutes)
            started.shouldContainExactly(10.minutes, 11.minutes)
        }
    }

    test("claims that follow each other, and those of a draining worker, tell what waits") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val told = mutableListOf<Boolean>()
            backend.faults.beforeClaim = { told += it.tellsWaiting }
            val worker = backend.worker { entrypoint("e") {} }
            val run = start(worker, RunOptions { batchSize = 2 })
            delay(1.seconds)
            told.clear()
            real.queue.enqueueAll(List(5) { NewJob("e") })
            delay(1.seconds)
            told.shouldContainExactly(false, true, true)
            worker.shutdown()
            run.join()
            told.clear()
            real.queue.enqueueAll(List(5) { NewJob("e") })
            backend.worker { entrypoint("e") {} }.run(DRAIN)
            told.all { it } shouldBe true
        }
    }

    test("an idle worker starts a deferred job at its due time, not at its next poll") {
        engineTest { backend ->
            val started = CompletableDeferred<Duration>()
            start(
                backend.worker {
                    entrypoint("e") { started.complete(elapsed) }
                },
                RunOptions { dequeueTimeout = 1.hours },
            )
            delay(1.minutes)
            backend.queue.enqueue("e") { delay = 90.seconds }
            started.await() shouldBe 150.seconds
        }
    }

    test("with every notification lost, a job starts at the next poll") {
        engineTest { real ->
            val backend = FaultyBackend(real).apply { faults.deaf = true }
            val started = CompletableDeferred<Duration>()
            start(
                backend.worker {
                    entrypoint("e") { started.complete(elapsed) }
                },
                RunOptions { dequeueTimeout = 40.seconds },
            )
            delay(1.seconds)
            real.queue.enqueue("e")
            started.await() shouldBe 40.seconds
        }
    }

    test("an idle worker claims once a poll interval and does nothing else") {
        engineTest { real ->
            val backend = FaultyBackend(real).apply {
                faults.deaf = true
                faults.beforeRenew = { error("nothing is claimed, so nothing is to be renewed") }
            }
            start(backend.worker { entrypoint("e") {} }, RunOptions { dequeueTimeout = 30.seconds })
            delay(1.milliseconds)
            val claimsAtStart = backend.faults.claims
            delay(1.hours)
            backend.faults.claims - claimsAtStart shouldBe 120
        }
    }

    test("no more than maxConcurrentTasks run at once, and no more are taken from the queue") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(40) { NewJob("e") })
            var running = 0
            var most = 0
            var mostPicked = 0L
            val worker = backend.worker {
                entrypoint("e") {
                    most = maxOf(most, ++running)
                    delay(1.seconds)
                    mostPicked = maxOf(
                        mostPicked,
                        backend.insights.queueSize().filter { it.status == JobStatus.PICKED }.sumOf { it.count },
                    )
                    running--
                }
            }
            worker.run(
                DRAIN.with {
                    maxConcurrentTasks = 7
                    batchSize = 5
                },
            ).succeeded shouldBe 40
            most shouldBe 7
            mostPicked.toInt() shouldBeLessThanOrEqual 7 + 7 // those that run, and those whose outcome is being written
            elapsed shouldBe 6.seconds
        }
    }

    test("prefetch takes jobs ahead of the slots, and no more than it says") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(20) { NewJob("e") })
            val worker = backend.worker { entrypoint("e") { delay(1.hours) } }
            start(
                worker,
                RunOptions {
                    maxConcurrentTasks = 2
                    prefetch = 3
                    batchSize = 10
                },
            )
            delay(1.minutes)
            backend.insights.queueSize().associate { it.status to it.count } shouldBe
                mapOf(JobStatus.PICKED to 5L, JobStatus.QUEUED to 15L)
        }
    }

    test("a worker leaves jobs of entrypoints that it does not serve") {
        engineTest { backend ->
            val foreign = backend.queue.enqueue("foreign")
            backend.queue.enqueue("e")
            backend.worker { entrypoint("e") {} }.run(DRAIN).succeeded shouldBe 1
            backend.insights.job(foreign)?.status shouldBe JobStatus.QUEUED
        }
    }

    test("a store that fails for a while is asked again, and no job is lost") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeClaim =
                { if (elapsed < 1.minutes) throw StoreUnavailableException("the store is away") }
            real.queue.enqueueAll(List(5) { NewJob("e") })
            backend.worker { entrypoint("e") {} }.run(DRAIN).succeeded shouldBe 5
            // The wait between two tries grows to 5 s at most, 20% of jitter included.
            elapsed shouldBeLessThanOrEqualTo 66.seconds
        }
    }

    test("a concurrency limit holds over two workers, and a slot that one frees wakes the other before its poll") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(30) { NewJob("e") })
            var running = 0
            var most = 0
            val workers = List(2) {
                backend.worker {
                    entrypoint("e", { concurrencyLimit = 3 }) {
                        most = maxOf(most, ++running)
                        delay(1.seconds)
                        running--
                    }
                }
            }
            workers.forEach { start(it, RunOptions { dequeueTimeout = 1.hours }) }
            delay(10_050.milliseconds)
            most shouldBe 3
            backend.insights.queueSize().shouldBeEmpty()
        }
    }

    test("a job that waits for a limit does not delay a deferred job of another entrypoint") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(2) { NewJob("limited") })
            backend.queue.enqueue("other") { delay = 7.minutes }
            val started = CompletableDeferred<Duration>()
            val worker = backend.worker {
                entrypoint("limited", { concurrencyLimit = 1 }) { delay(2.hours) }
                entrypoint("other") { started.complete(elapsed) }
            }
            start(worker, RunOptions { dequeueTimeout = 1.hours })
            started.await() shouldBe 7.minutes
        }
    }

    /** Has a worker do [jobs] jobs of [time] each, and returns how many jobs its claims leased. */
    suspend fun TestScope.claimSizes(real: StoreBackend, jobs: Int, time: Duration, options: RunOptions): List<Int> {
        val backend = FaultyBackend(real)
        val sizes = mutableListOf<Int>()
        backend.faults.afterClaim = { sizes += it.jobs.size }
        // A claim of a database takes a moment, in which quick handlers end.
        backend.faults.beforeClaim = { delay(2.milliseconds) }
        backend.queue.enqueueAll(List(jobs) { NewJob("e") })
        backend.worker { entrypoint("e") { delay(time) } }.run(options)
        return sizes
    }

    test("the batch size grows while claims are filled and handlers are quick, but not beyond 500") {
        engineTest { backend ->
            claimSizes(backend, 5_000, Duration.ZERO, DRAIN).take(9) shouldContainExactly
                listOf(10, 20, 40, 80, 160, 320, 500, 500, 500)
        }
    }

    test("the batch size stays small while handlers are slow") {
        engineTest { backend ->
            claimSizes(backend, 500, 1.minutes, DRAIN).filter { it > 0 }.max() shouldBeLessThanOrEqualTo 20
        }
    }

    test("the batch size shrinks when handlers become slow") {
        engineTest { backend ->
            val sizes = mutableListOf<Int>()
            val store = FaultyBackend(backend)
            store.faults.afterClaim = { sizes += it.jobs.size }
            store.faults.beforeClaim = { delay(2.milliseconds) }
            store.queue.enqueueAll(List(10_000) { NewJob("e") })
            store.worker { entrypoint("e") { if (it.id.value > 5_000) delay(1.minutes) } }.run(DRAIN)
            sizes.max() shouldBe 500
            sizes.filter { it > 0 }.takeLast(5).max() shouldBe 10
        }
    }

    test("a batch size that is given is obeyed") {
        engineTest { backend ->
            claimSizes(
                backend,
                100,
                Duration.ZERO,
                DRAIN.with {
                    batchSize = 25
                },
            ).filter { it > 0 } shouldContainExactly
                List(4) { 25 }
        }
    }

    test("a worker without entrypoints and schedules is refused") {
        engineTest { backend ->
            shouldThrow<IllegalStateException> { backend.worker {}.run(DRAIN) }
                .message shouldContain "no entrypoint and no schedule is registered"
        }
    }

    test("a worker that runs cannot be run a second time at once, and can be run again later") {
        engineTest { backend ->
            val worker = backend.worker { entrypoint("e") {} }
            val first = start(worker)
            delay(1.seconds)
            shouldThrow<IllegalStateException> { worker.run(DRAIN) }.message shouldContain "runs already"
            worker.shutdown()
            first.join()
            backend.queue.enqueue("e")
            worker.run(DRAIN).succeeded shouldBe 1
        }
    }
})
