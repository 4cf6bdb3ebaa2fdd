package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.RunOptions
import io.pgqueuer.StoreClosedException
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.port.QueueEvent
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** The store is away, hangs, or says something strange. */
class OutageSpec : FunSpec({
    val lease = RunOptions { heartbeatTimeout = 30.seconds }

    /** Two workers whose jobs take [time] each, over an outage from 1 s on for [outage]. */
    suspend fun TestScope.throughOutage(
        real: StoreBackend,
        ids: List<JobId>,
        time: Duration,
        outage: Duration,
    ): List<JobId> {
        val starts = mutableListOf<JobId>()
        val running = mutableSetOf<JobId>()
        repeat(2) {
            val backend = FaultyBackend(real)
            val fail: () -> Unit = {
                if (elapsed in 1.seconds..1.seconds + outage) throw StoreUnavailableException("away")
            }
            backend.faults.beforeClaim = { fail() }
            backend.faults.beforeSettle = { fail() }
            backend.faults.beforeRenew = { fail() }
            val worker = backend.worker {
                entrypoint("e") { job ->
                    starts += job.id
                    running.add(job.id) shouldBe true
                    try {
                        delay(time)
                    } finally {
                        running -= job.id
                    }
                }
            }
            start(worker, lease.with { maxConcurrentTasks = 10 })
        }
        delay(500.milliseconds)
        starts.toSet() shouldBe ids.toSet()
        delay(1.hours)
        ids.forEach { real.statuses(it).last() shouldBe JobStatus.SUCCESSFUL }
        return starts
    }

    test("what ended in an outage longer than the lease timeout is written after it, and does not run again") {
        engineTest { real ->
            val ids = real.queue.enqueueAll(List(20) { NewJob("e") })
            throughOutage(real, ids, time = 20.seconds, outage = 5.minutes).size shouldBe 20
        }
    }

    test(
        "what was cut off by an outage is given back by its own worker, is rescued by nobody, and never runs twice at once",
    ) {
        engineTest { real ->
            val ids = real.queue.enqueueAll(List(20) { NewJob("e") })
            throughOutage(real, ids, time = 10.minutes, outage = 5.minutes).size shouldBe 40
            ids.flatMap { real.insights.log(it) }.count { it.status == JobStatus.QUEUED } shouldBe 40
        }
    }

    test("expired leases are left alone for half a lease timeout after a start, then taken over") {
        engineTest { real ->
            val cut = FaultyBackend(real)
            val id = real.queue.enqueue("e")
            start(cut.worker { entrypoint("e") { awaitCancellation() } }, lease)
            delay(1.seconds)
            cut.faults.beforeRenew = { throw StoreUnavailableException("away") }
            cut.faults.beforeClaim = { throw StoreUnavailableException("away") }
            cut.faults.beforeSettle = { throw StoreUnavailableException("away") }
            delay(5.minutes)
            val begun = elapsed
            var at: Duration? = null
            val report = real.worker {
                entrypoint("e") { at = elapsed }
            }.run(DRAIN.with { heartbeatTimeout = 30.seconds })
            report.succeeded shouldBe 1
            at!! - begun shouldBe 15.seconds
            real.statuses(id).last() shouldBe JobStatus.SUCCESSFUL
        }
    }

    test("a worker whose network is frozen cancels its handlers shortly before the lease timeout is over") {
        engineTest { real ->
            val frozen = FaultyBackend(real)
            frozen.faults.beforeRenew = { awaitCancellation() }
            real.queue.enqueue("e")
            val cancelled = mutableListOf<Duration>()
            val taken = mutableListOf<Duration>()
            start(
                frozen.worker {
                    entrypoint("e", { concurrencyLimit = 1 }) {
                        frozen.faults.beforeClaim = { awaitCancellation() }
                        try {
                            awaitCancellation()
                        } catch (e: CancellationException) {
                            cancelled += elapsed
                            throw e
                        }
                    }
                },
                lease,
            )
            delay(1.seconds)
            start(real.worker { entrypoint("e", { concurrencyLimit = 1 }) { taken += elapsed } }, lease)
            delay(5.minutes)
            cancelled shouldContainExactly listOf(29.seconds)
            taken shouldContainExactly listOf(29.seconds)
        }
    }

    listOf(100.milliseconds, 3.seconds, 30.seconds, 10.minutes).forEach { timeout ->
        test("whatever refused renewals and then hangs: with a lease of $timeout, handlers end before it expires") {
            for (hangFrom in List(20) { timeout * it / 20 }) {
                engineTest { real ->
                    val cut = FaultyBackend(real)
                    val fault: suspend () -> Unit = {
                        if (elapsed >= hangFrom) awaitCancellation()
                        throw StoreUnavailableException("away")
                    }
                    cut.faults.beforeRenew = fault
                    cut.faults.beforeSchedule = { if (it == FaultyStore.ScheduleStep.RENEW) fault() }
                    real.queue.enqueue("e")
                    val lasted = mutableListOf<Duration>()
                    suspend fun untilStopped() {
                        val began = elapsed
                        try {
                            awaitCancellation()
                        } finally {
                            lasted += elapsed - began
                        }
                    }
                    val worker = cut.worker {
                        entrypoint("e") { untilStopped() }
                        schedule("s", "* * * * *") { untilStopped() }
                    }
                    start(worker, lease.with { heartbeatTimeout = timeout })
                    delay(1.minutes + timeout * 2)
                    lasted.size shouldBeGreaterThanOrEqual 2
                    lasted.forEach { it shouldBeLessThan timeout }
                }
            }
        }
    }

    test("a claim that hangs is given up after the lease timeout, and health says so meanwhile") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            var hangs = true
            backend.faults.beforeClaim = { if (hangs && elapsed > Duration.ZERO) awaitCancellation() }
            val worker = backend.worker { entrypoint("e") { } }
            start(worker, lease)
            delay(1.seconds)
            worker.listenerHealthy() shouldBe true
            val ids = real.queue.enqueueAll(List(10) { NewJob("e") })
            delay(6.seconds)
            worker.listenerHealthy() shouldBe false
            hangs = false
            delay(30.seconds)
            ids.forEach { real.statuses(it).last() shouldBe JobStatus.SUCCESSFUL }
            worker.listenerHealthy() shouldBe true
        }
    }

    test("a look at what waits that hangs is given up after the lease timeout, and health says so meanwhile") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            var hangs = true
            backend.faults.beforeWaiting = { if (hangs) awaitCancellation() }
            val worker = backend.worker { entrypoint("e") { } }
            start(worker, lease)
            delay(1.seconds)
            val first = real.queue.enqueue("e")
            delay(1.seconds)
            real.statuses(first).last() shouldBe JobStatus.SUCCESSFUL
            worker.listenerHealthy() shouldBe true
            val second = real.queue.enqueue("e")
            delay(5.seconds)
            worker.listenerHealthy() shouldBe false
            hangs = false
            delay(30.seconds)
            real.statuses(second).last() shouldBe JobStatus.SUCCESSFUL
            worker.listenerHealthy() shouldBe true
        }
    }

    test("a look at what waits that hangs holds up a shutdown for at most 5 seconds") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeWaiting = { awaitCancellation() }
            val worker = backend.worker { entrypoint("e") { } }
            val run = start(worker, lease)
            delay(1.seconds)
            val id = real.queue.enqueue("e")
            delay(1.seconds)
            val asked = elapsed
            worker.shutdown()
            run.join()
            elapsed - asked shouldBeLessThanOrEqualTo 5.seconds
            real.statuses(id).last() shouldBe JobStatus.SUCCESSFUL
        }
    }

    test("a settle that hangs is given up after the lease timeout, and its outcomes are written by the next") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeSettle = { if (elapsed < 10.seconds) awaitCancellation() }
            real.queue.enqueueAll(List(10) { NewJob("e") })
            backend.worker { entrypoint("e") { } }.run(DRAIN.with { heartbeatTimeout = 30.seconds }).succeeded shouldBe
                10
        }
    }

    test("a shutdown returns within its timeout and 15 seconds, whatever hangs") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            real.queue.enqueueAll(List(3) { NewJob("e") })
            val worker = backend.worker { entrypoint("e") { delay(1.seconds) } }
            val run = start(worker, lease.with { shutdownTimeout = 20.seconds })
            delay(500.milliseconds)
            backend.faults.beforeSettle = { awaitCancellation() }
            backend.faults.beforeClaim = { awaitCancellation() }
            backend.faults.beforeRenew = { awaitCancellation() }
            delay(40.seconds)
            val asked = elapsed
            worker.shutdown()
            run.join()
            elapsed - asked shouldBeLessThanOrEqualTo 35.seconds
        }
    }

    test("a cancellation event that the store does not confirm stops no handler") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            val worker = backend.worker { entrypoint("e") { delay(1.minutes) } }
            val report = backgroundScope.async { worker.run(DRAIN) }
            delay(10.seconds)
            val event = QueueEvent.JobsCanceled(listOf(id, JobId(4711)), Clock.System.now(), isRecorded = true)
            backend.store.notifications.publish(event)
            report.await().run { succeeded to canceled } shouldBe (1L to 0L)
            elapsed shouldBe 1.minutes
        }
    }

    test("a listener that fails or ends is started again") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            var failures = 3
            backend.faults.beforeListen = { if (failures-- > 0) error("a listener that breaks") }
            val worker = backend.worker { entrypoint("e") { } }
            start(worker, RunOptions { dequeueTimeout = 10.minutes })
            delay(1.minutes)
            val id = real.queue.enqueue("e")
            delay(1.seconds)
            real.statuses(id).last() shouldBe JobStatus.SUCCESSFUL
        }
    }

    for (part in listOf("renewal", "claim", "settle", "listener")) {
        test("an Error in the $part ends the worker with an error that names it, its jobs given back") {
            engineTest { real ->
                val backend = FaultyBackend(real)
                val ids = real.queue.enqueueAll(List(5) { NewJob("e") })
                val broken: () -> Unit = { if (elapsed > 1.seconds) throw NoClassDefFoundError("io/broken/Part") }
                when (part) {
                    "renewal" -> backend.faults.beforeRenew = { broken() }

                    "claim" -> backend.faults.beforeClaim = { broken() }

                    "settle" -> backend.faults.beforeSettle = { broken() }

                    else -> backend.faults.beforeListen = {
                        delay(2.seconds)
                        broken()
                    }
                }
                val worker = backend.worker {
                    entrypoint("e") {
                        delay(
                            if (part == "settle") 5.seconds else 1.minutes,
                        )
                    }
                }
                val failure = shouldThrow<IllegalStateException> {
                    worker.run(
                        lease.with {
                            shutdownTimeout = 1.seconds
                            dequeueTimeout = 5.seconds
                        },
                    )
                }
                failure.message shouldContain "NoClassDefFoundError"
                generateSequence<Throwable>(failure) { it.cause }.any { it is NoClassDefFoundError } shouldBe true
                if (part != "settle") ids.forEach { real.insights.job(it)?.status shouldBe JobStatus.QUEUED }
            }
        }
    }

    test("a worker whose backend is closed ends with an error that says so") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeClaim =
                { if (elapsed > 1.seconds) throw StoreClosedException("this backend is closed") }
            val worker = backend.worker { entrypoint("e") { } }
            val failure = shouldThrow<StoreClosedException> { worker.run { dequeueTimeout = 5.seconds } }
            failure.message shouldBe "this backend is closed"
        }
    }

    test("no bound on tasks and a job taken ahead do not add up to no claim at all") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(5) { NewJob("e") })
            val options = DRAIN.with {
                maxConcurrentTasks = Int.MAX_VALUE
                prefetch = 1
            }
            backend.worker { entrypoint("e") { } }.run(options).succeeded shouldBe 5
            backend.insights.queueSize().shouldBeEmpty()
        }
    }

    test("a worker takes no more jobs than it can run at once") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(3_000) { NewJob("e") })
            start(backend.worker { entrypoint("e") { awaitCancellation() } })
            delay(1.minutes)
            backend.insights.queueSize().single { it.status == JobStatus.PICKED }.count shouldBe 1_000
        }
    }
})
