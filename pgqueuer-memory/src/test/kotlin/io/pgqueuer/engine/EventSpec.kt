package io.pgqueuer.engine

import ch.qos.logback.classic.Level
import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.pgqueuer.JobContext
import io.pgqueuer.JobInterceptor
import io.pgqueuer.JobOutcome
import io.pgqueuer.NewJob
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryRequested
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.ScheduleOutcome
import io.pgqueuer.StoreOperation
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.WorkerEvent
import io.pgqueuer.WorkerId
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.Signal
import io.pgqueuer.port.Store
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import java.util.concurrent.CountDownLatch
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What the observers of a worker see. */
class EventSpec : FunSpec({
    fun List<WorkerEvent>.outcomes() = filterIsInstance<WorkerEvent.JobEnded>().map { it.outcome }

    test("a job is claimed, started and ended, with how long its handler ran") {
        engineTest { backend ->
            val events = mutableListOf<WorkerEvent>()
            val id = backend.queue.enqueue("e")
            backend.worker {
                observe { events += it }
                entrypoint("e") { delay(3.seconds) }
            }.run(DRAIN)

            events.filterNot { it is WorkerEvent.ListenerReady }.map { it::class } shouldContainExactly listOf(
                WorkerEvent.WorkerStarted::class,
                WorkerEvent.JobsClaimed::class,
                WorkerEvent.JobStarted::class,
                WorkerEvent.JobEnded::class,
                WorkerEvent.WorkerStopped::class,
            )
            val ended = events.filterIsInstance<WorkerEvent.JobEnded>().single()
            ended.job.id shouldBe id
            ended.outcome shouldBe JobOutcome.Succeeded
            ended.ran shouldBe 3.seconds
            events.map { it.worker }.distinct().size shouldBe 1
        }
    }

    test("a run of a worker starts with its slots, tells at any time how many jobs it holds, and stops") {
        engineTest { backend ->
            val events = mutableListOf<WorkerEvent>()
            repeat(3) { backend.queue.enqueue("e") }
            val worker = backend.worker {
                observe { events += it }
                entrypoint("e") { delay(3.seconds) }
            }
            val run = launch { worker.run { maxConcurrentTasks = 2 } }
            delay(1.seconds)

            val started = events.first().shouldBeInstanceOf<WorkerEvent.WorkerStarted>()
            started.maxConcurrentTasks shouldBe 2
            started.activeJobs shouldBe 2
            delay(3.seconds)
            started.activeJobs shouldBe 1
            delay(3.seconds)
            started.activeJobs shouldBe 0
            events.count { it is WorkerEvent.WorkerStopped } shouldBe 0
            worker.shutdown()
            run.join()
            events.last().shouldBeInstanceOf<WorkerEvent.WorkerStopped>().worker shouldBe started.worker
            events.count { it is WorkerEvent.WorkerStarted } shouldBe 1
        }
    }

    test("each run ends in one event, whatever its outcome, and the report counts the same") {
        engineTest { backend ->
            val events = mutableListOf<WorkerEvent>()
            val broken = IllegalStateException("broken")
            val worker = backend.worker {
                observe { events += it }
                deleteFailedJobs()
                entrypoint("succeeds") {}
                entrypoint("retries") { if (attempt == 1) throw RetryRequested(1.minutes, "later") }
                entrypoint("fails") { throw broken }
                entrypoint("holds", { onFailure = OnFailure.HOLD }) { throw broken }
                entrypoint("hangs") { awaitCancellation() }
            }
            backend.queue.enqueueAll(listOf("succeeds", "retries", "fails", "holds").map { NewJob(it) })
            val (canceled, released) = backend.queue.enqueueAll(List(2) { NewJob("hangs") })
            var report: RunReport? = null
            coroutineScope {
                launch { report = worker.run { shutdownTimeout = Duration.ZERO } }
                delay(2.minutes)
                backend.queue.cancel(listOf(canceled))
                delay(1.minutes)
                worker.shutdown()
            }

            fun of(entrypoint: String) = events.filterIsInstance<WorkerEvent.JobEnded>()
                .filter { it.job.entrypoint == entrypoint }.map { it.outcome }
            of("succeeds") shouldContainExactly listOf(JobOutcome.Succeeded)
            of("retries").first().shouldBeInstanceOf<JobOutcome.Retried>().delay shouldBe 1.minutes
            of("retries").last() shouldBe JobOutcome.Succeeded
            val failed = of("fails").single().shouldBeInstanceOf<JobOutcome.Failed>()
            failed.exception shouldBeSameInstanceAs broken
            failed.failure.message shouldBe "broken"
            of("holds").single().shouldBeInstanceOf<JobOutcome.Held>().exception shouldBeSameInstanceAs broken
            events.filterIsInstance<WorkerEvent.JobEnded>().associate { it.job.id to it.outcome }.run {
                get(canceled) shouldBe JobOutcome.Canceled
                get(released) shouldBe JobOutcome.Released
            }
            events.outcomes().size shouldBe 7
            report.toString() shouldBe "RunReport(succeeded=2, failed=1, held=1, retried=1, released=1, canceled=1, " +
                "leasesLost=0, schedulesRun=0, schedulesFailed=0)"
        }
    }

    test("a run whose lease was lost says so") {
        engineTest { real ->
            val events = mutableListOf<WorkerEvent>()
            val backend = FaultyBackend(real)
            real.queue.enqueue("e")
            val worker = backend.worker {
                observe { events += it }
                entrypoint("e") { awaitCancellation() }
            }
            start(worker)
            delay(1.seconds)
            real.queue.clear("e")
            delay(1.minutes)
            events.outcomes() shouldContainExactly listOf(JobOutcome.LeaseLost)
        }
    }

    test("a job that is taken over is claimed with its rescues") {
        engineTest { real ->
            val claimed = mutableListOf<Int>()
            val dead = FaultyBackend(real)
            real.queue.enqueue("e")
            start(dead.worker { entrypoint("e") { awaitCancellation() } })
            delay(1.seconds)
            dead.faults.beforeRenew = { throw StoreUnavailableException("cut off") }
            dead.faults.beforeClaim = { throw StoreUnavailableException("cut off") }
            dead.faults.beforeSettle = { throw StoreUnavailableException("cut off") }
            start(
                real.worker {
                    observe { event -> if (event is WorkerEvent.JobsClaimed) claimed += event.jobs.map { it.rescues } }
                    entrypoint("e") {}
                },
            )
            delay(5.minutes)
            claimed shouldContainExactly listOf(1)
        }
    }

    test("a job that kills its workers is held by a claim, and an event, the log and a notice say so") {
        engineTest { real ->
            val dead = FaultyBackend(real)
            val id = real.queue.enqueue("e")
            start(dead.worker { entrypoint("e") { awaitCancellation() } })
            delay(1.seconds)
            dead.faults.beforeRenew = { throw StoreUnavailableException("cut off") }
            dead.faults.beforeClaim = { throw StoreUnavailableException("cut off") }
            dead.faults.beforeSettle = { throw StoreUnavailableException("cut off") }
            val held = mutableListOf<WorkerEvent.JobHeldByClaim>()
            val logged = loggedBy("io.pgqueuer.Worker", Level.WARN) {
                start(
                    real.worker {
                        observe { event -> if (event is WorkerEvent.JobHeldByClaim) held += event }
                        entrypoint("e") {}
                    },
                    RunOptions { maxRescues = 1 },
                )
                delay(5.minutes)
            }.map { it.formattedMessage }
            held.map { it.jobId to it.entrypoint } shouldContainExactly listOf(id to "e")
            logged.count { it.startsWith("job $id of entrypoint 'e' is held and was not run") } shouldBe 1
            logged.count { it.startsWith("job $id is held, the first of entrypoint 'e'") } shouldBe 1
        }
    }

    test("runs of schedules start and end") {
        engineTest { backend ->
            val events = mutableListOf<WorkerEvent>()
            start(
                backend.worker {
                    observe { events += it }
                    schedule("report", "0 * * * *") {
                        if (events.none { it is WorkerEvent.ScheduleEnded }) error("broken")
                    }
                },
            )
            delay(2.hours + 1.minutes)
            events.filterIsInstance<WorkerEvent.ScheduleStarted>().size shouldBe 2
            val outcomes = events.filterIsInstance<WorkerEvent.ScheduleEnded>().map { it.outcome }
            outcomes.first().shouldBeInstanceOf<ScheduleOutcome.Failed>().exception.message shouldBe "broken"
            outcomes.last() shouldBe ScheduleOutcome.Succeeded
        }
    }

    test("a store that fails, and a listener that is lost and back, are seen") {
        engineTest { real ->
            val failing = FaultyBackend(real)
            val broken = CompletableDeferred<Unit>()
            val store = object : Store by failing.store {
                override val notifications = object : Notifications by real.store.notifications {
                    override fun listen() = flow {
                        emit(Signal.Listening)
                        broken.await()
                        emit(Signal.Interrupted(StoreUnavailableException("the connection broke")))
                        delay(1.minutes)
                        emit(Signal.Listening)
                        awaitCancellation()
                    }
                }
            }
            val events = mutableListOf<WorkerEvent>()
            val worker = StoreBackend(store).worker {
                observe { events += it }
                entrypoint("e") { delay(20.seconds) }
            }
            start(worker)
            delay(1.seconds)
            failing.faults.beforeClaim = { throw StoreUnavailableException("away") }
            failing.faults.beforeRenew = { throw StoreUnavailableException("away") }
            failing.faults.beforeSettle = { throw StoreUnavailableException("away") }
            real.queue.enqueueAll(List(3) { NewJob("e") })
            broken.complete(Unit)
            delay(2.minutes)
            failing.faults.beforeClaim = {}
            failing.faults.beforeRenew = {}
            failing.faults.beforeSettle = {}
            delay(1.minutes)

            events.filterIsInstance<WorkerEvent.StoreFailed>().map { it.operation } shouldContain
                StoreOperation.CLAIM_JOBS
            events.filterIsInstance<WorkerEvent.ListenerLost>().single().cause.message shouldBe "the connection broke"
            events.count { it is WorkerEvent.ListenerReady } shouldBe 2
            events.indexOfFirst { it is WorkerEvent.ListenerLost } shouldBeGreaterThan
                events.indexOfFirst { it is WorkerEvent.ListenerReady }
            events.outcomes().size shouldBe 3
        }
    }

    test("an observer of the backend sees all of its workers") {
        val seen = mutableSetOf<WorkerId>()
        val backend = inMemoryBackend { observe { synchronized(seen) { seen += it.worker } } }
        repeat(2) {
            backend.queue.enqueue("e")
            backend.worker { entrypoint("e") {} }.run(DRAIN)
        }
        seen.size shouldBe 2
    }

    test("an observer that throws harms nobody, and goes on with the next event") {
        engineTest { backend ->
            var ends = 0
            var others = 0
            backend.queue.enqueueAll(List(10) { NewJob("e") })
            val report = backend.worker {
                observe {
                    if (it is WorkerEvent.JobEnded) ends++
                    throw LinkageError("hostile")
                }
                observe { if (it is WorkerEvent.JobEnded) others++ }
                entrypoint("e") {}
            }.run(DRAIN)
            report.succeeded shouldBe 10
            ends shouldBe 10
            others shouldBe 10
        }
    }

    test("an observer that blocks does not slow the worker down: what it misses is dropped and counted") {
        val jobs = 20_000
        val backend = inMemoryBackend()
        backend.queue.enqueueAll(List(jobs) { NewJob("e") })
        val go = CountDownLatch(1)
        var seen = 0
        var dropped = 0L
        val worker = backend.worker {
            observe { event ->
                go.await()
                when (event) {
                    is WorkerEvent.EventsDropped -> dropped += event.count
                    is WorkerEvent.JobStarted, is WorkerEvent.JobEnded -> seen++
                    else -> Unit
                }
            }
            entrypoint("e") {}
        }
        coroutineScope {
            launch { worker.run() }
            eventually(30.seconds) { backend.insights.queueSize().size shouldBe 0 }
            go.countDown()
            // The next event finds room, and says what was missed before it.
            eventually(30.seconds) {
                backend.queue.enqueue("e")
                dropped shouldBeGreaterThan 0L
            }
            worker.shutdown()
        }
        seen shouldBeLessThan 2 * jobs
        (seen + dropped).toInt() shouldBeGreaterThan 2 * jobs - 1
    }

    test("the run returns though an observer never does") {
        val backend = inMemoryBackend()
        backend.queue.enqueue("e")
        val never = CountDownLatch(1)
        val worker = backend.worker {
            observe { never.await() }
            entrypoint("e") {}
        }
        worker.run { mode = RunMode.DRAIN }.succeeded shouldBe 1
        never.countDown()
    }

    test("an interceptor sees the attempt, the wait and the outcome, of suspending and of blocking handlers") {
        engineTest { backend ->
            val seen = mutableListOf<String>()
            val worker = backend.worker {
                intercept(
                    object : JobInterceptor {
                        override suspend fun intercept(context: JobContext, next: suspend () -> Unit) = next()

                        override fun onOutcome(context: JobContext, outcome: JobOutcome) {
                            val name = outcome::class.simpleName
                            seen += "${context.job.entrypoint} ${context.attempt} ${context.waited} $name"
                        }
                    },
                )
                deleteFailedJobs()
                entrypoint("suspending") { if (attempt == 1) throw RetryRequested(1.minutes) }
                blockingEntrypoint("blocking", { onFailure = OnFailure.HOLD }) { error("broken") }
            }
            backend.queue.enqueue("suspending")
            backend.queue.enqueue("blocking")
            delay(5.seconds)
            worker.run(DRAIN)
            seen.sorted() shouldContainExactly listOf(
                "blocking 1 5s Held",
                "suspending 1 5s Retried",
                "suspending 2 0s Succeeded",
            )
        }
    }

    test("an interceptor that throws on an outcome does not change it") {
        engineTest { backend ->
            backend.queue.enqueue("e")
            val worker = backend.worker {
                intercept(
                    object : JobInterceptor {
                        override suspend fun intercept(context: JobContext, next: suspend () -> Unit) = next()

                        override fun onOutcome(context: JobContext, outcome: JobOutcome): Unit =
                            throw LinkageError("hostile")
                    },
                )
                entrypoint("e") {}
            }
            worker.run(DRAIN).succeeded shouldBe 1
        }
    }

    test("a handler is waited for by the time that its job became due, not by the time that it was enqueued") {
        engineTest { backend ->
            var waited: Duration? = null
            backend.queue.enqueue("e") { delay = 10.minutes }
            backend.worker { entrypoint("e") { waited = this.waited } }.run(DRAIN)
            waited.shouldNotBeNull() shouldBeLessThanOrEqualTo 100.milliseconds
        }
    }
})
