package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.Backend
import io.pgqueuer.JobStatus
import io.pgqueuer.RunOptions
import io.pgqueuer.ScheduleContext
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.Worker
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.engine.FaultyStore.ScheduleStep
import io.pgqueuer.memory.InMemoryBackend
import io.pgqueuer.port.ScheduleTarget
import io.pgqueuer.resource
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.withContext
import org.slf4j.MDC
import java.time.ZoneId
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant
import kotlin.time.TimeSource

/** The virtual time begins at midnight UTC, on Thursday the 1st of January 1970. */
class SchedulingSpec : FunSpec({
    val hourly = "0 * * * *"

    fun Backend.reporting(expression: String = hourly, run: suspend ScheduleContext.() -> Unit): Worker =
        worker { schedule("report", expression) { run() } }

    /** A worker that notes when it runs, and then takes [time]. */
    fun TestScope.noting(backend: Backend, runs: MutableList<Duration>, time: Duration = Duration.ZERO) =
        backend.reporting {
            runs += elapsed
            delay(time)
        }

    /** A store whose answer to the first claim of a run after an hour is late. */
    fun TestScope.answeringLate(backend: InMemoryBackend, by: Duration) = FaultyBackend(backend).also { faulty ->
        var isFirst = true
        faulty.faults.afterSchedule = { step ->
            if (step == ScheduleStep.CLAIM && elapsed >= 1.hours && isFirst) {
                isFirst = false
                delay(by)
            }
        }
    }

    test("a year of Mondays at nine is 52 runs, each at its time, in about a second of real time") {
        val real = TimeSource.Monotonic.markNow()
        engineTest { backend ->
            val runs = mutableListOf<Instant>()
            val worker = backend.reporting("0 9 * * MON") { runs += dueAt }
            start(worker)
            delay(365.days)
            worker.shutdown()
            runs.size shouldBe 52
            runs.first() shouldBe Instant.parse("1970-01-05T09:00:00Z")
            runs.zipWithNext { one, next -> next - one }.distinct() shouldContainExactly listOf(7.days)
        }
        real.elapsedNow() shouldBeLessThan 20.seconds
    }

    test("a schedule fires at its time, not at the next poll") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            start(noting(backend, runs), RunOptions { dequeueTimeout = 5.hours })
            delay(3.hours + 1.seconds)
            runs shouldContainExactly listOf(1.hours, 2.hours, 3.hours)
        }
    }

    test("the logging context names the schedule while the handler runs, also after it suspended") {
        engineTest { backend ->
            val seen = mutableListOf<Map<String, String>>()
            start(
                backend.reporting {
                    seen += MDC.getCopyOfContextMap()
                    delay(1.seconds)
                    seen += MDC.getCopyOfContextMap()
                },
            )
            delay(1.hours + 1.minutes)
            seen shouldContainExactly List(2) { mapOf("schedule" to "report") }
            MDC.getCopyOfContextMap().orEmpty().keys.shouldBeEmpty()
        }
    }

    test("a run whose lease has expired when its claim is answered does not start; the next claim takes it over") {
        engineTest { backend ->
            val faulty = answeringLate(backend, by = 9.9.seconds)
            val runs = mutableListOf<Instant>()
            start(faulty.reporting { runs += dueAt }, RunOptions { heartbeatTimeout = 10.seconds })
            delay(1.hours + 30.seconds)
            // A run that was taken over is due at the time of the takeover.
            runs.single() shouldBeGreaterThan Instant.fromEpochSeconds(3_609)
        }
    }

    test("if the claim of a run is answered late, its lease is renewed in time") {
        engineTest { backend ->
            val faulty = answeringLate(backend, by = 8.seconds)
            val runs = mutableListOf<Duration>()
            start(noting(faulty, runs, time = 20.seconds), RunOptions { heartbeatTimeout = 10.seconds })
            start(noting(backend, runs), RunOptions { heartbeatTimeout = 10.seconds })
            delay(1.hours + 40.seconds)
            runs.size shouldBe 1
        }
    }

    test("a worker that lost the race for each run takes the next one when the other stops") {
        engineTest { backend ->
            val runs = List(2) { mutableListOf<Duration>() }
            val workers = runs.map { mine ->
                backend.reporting("* * * * * *") {
                    mine += elapsed
                    delay(10.milliseconds)
                }
            }
            workers.forEach { start(it) }
            delay(10.seconds)
            val (winner, loser) = runs.indices.sortedByDescending { runs[it].size }
            workers[winner].shutdown()
            val before = runs[loser].size
            delay(5.seconds)
            runs[loser].size - before shouldBe 5
        }
    }

    test("the end of a run that outlasted its next time starts the next run at once, also by another worker") {
        engineTest { backend ->
            val began = mutableListOf<Duration>()
            val workers = mutableListOf<Worker>()
            repeat(2) { number ->
                workers += backend.reporting("* * * * *") {
                    began += elapsed
                    if (began.size > 1) return@reporting
                    // Its worker takes no more runs, but lets this one end.
                    workers[number].shutdown()
                    delay(90.seconds)
                }
            }
            val options = RunOptions {
                dequeueTimeout = 5.hours
                shutdownTimeout = 5.minutes
            }
            workers.forEach { start(it, options) }
            delay(4.minutes + 30.seconds)
            // From 1:00 to 2:30; the run that was due at 2:00 follows.
            began shouldContainExactly listOf(60.seconds, 150.seconds, 180.seconds, 240.seconds)
        }
    }

    test("of several workers one runs each time") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            repeat(5) { start(noting(backend, runs, time = 1.minutes)) }
            delay(24.hours + 1.seconds)
            runs shouldContainExactly List(24) { (it + 1).hours }
        }
    }

    test("a schedule goes by the wall clock of its zone") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            val worker = backend.worker {
                schedule("early", "0 9 * * *", { zone = ZoneId.of("Asia/Tokyo") }) { runs += elapsed }
                schedule("late", "0 9 * * *", { zone = ZoneId.of("America/New_York") }) { runs += elapsed }
            }
            start(worker)
            delay(1.days + 1.seconds)
            // Nine in Tokyo is midnight UTC, when the test begins: the next is tomorrow's.
            runs shouldContainExactly listOf(14.hours, 24.hours)
        }
    }

    test("the zone of the worker that started last is stored, and all workers go by it") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            fun worker(zone: String) =
                backend.worker { schedule("opening", "0 9 * * *", { this.zone = ZoneId.of(zone) }) { runs += elapsed } }

            start(worker("Etc/UTC"))
            delay(1.seconds)
            backend.schedules.list().single().zone shouldBe "UTC"
            val inTokyo = worker("Asia/Tokyo")
            start(inTokyo)
            delay(1.seconds)
            backend.schedules.list().single().zone shouldBe "Asia/Tokyo"
            inTokyo.shutdown()
            delay(3.days)
            runs shouldContainExactly listOf(1.days, 2.days, 3.days)
        }
    }

    test("a worker that does not know the stored zone goes by its own") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            val zone = ZoneId.of("Asia/Tokyo")
            start(backend.worker { schedule("opening", "0 9 * * *", { this.zone = zone }) { runs += elapsed } })
            delay(1.seconds)
            val unknown = ScheduleTarget("opening", "0 9 * * *", "Mars/Olympus", cleanOld = false) { now, _ ->
                now +
                    1.hours
            }
            backend.store.schedules.register(listOf(unknown), 30.seconds)
            delay(3.days)
            backend.schedules.list().single().zone shouldBe "Mars/Olympus"
            runs.drop(1) shouldContainExactly listOf(1.days, 2.days, 3.days)
        }
    }

    test("a paused schedule does not run; resumed, it runs at its next time, of which an idle worker learns") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            fun worker() = backend.reporting("7 * * * *") { runs += elapsed }
            val first = worker()
            start(first)
            delay(70.minutes)
            first.shutdown()
            val ids = backend.schedules.list().map { it.id }
            backend.schedules.pause(ids)
            start(worker())
            // It looks every 15 minutes: at 235 and 250, if nobody wakes it.
            delay(170.minutes)
            backend.schedules.resume(ids)
            delay(1.hours)
            runs shouldContainExactly listOf(7.minutes, 67.minutes, 247.minutes)
        }
    }

    test("a run that is under way when its schedule is paused ends, and is the last one") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            start(noting(backend, runs, time = 90.minutes))
            delay(61.minutes)
            backend.schedules.pause(backend.schedules.list().map { it.id })
            delay(5.hours)
            runs shouldContainExactly listOf(1.hours)
            backend.schedules.list().single().run {
                status shouldBe JobStatus.QUEUED
                lastRun shouldBe Instant.fromEpochSeconds(0) + 150.minutes
            }
        }
    }

    test("a run that outlasts its heartbeat timeout keeps its lease, and what it misses is one run after it") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            repeat(2) { start(noting(backend, runs, time = if (runs.isEmpty()) 150.minutes else 1.minutes)) }
            delay(5.hours)
            runs.take(2) shouldContainExactly listOf(1.hours, 210.minutes)
        }
    }

    test("times that were missed while no worker ran are made up for by one run") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            val first = noting(backend, runs)
            start(first)
            delay(90.minutes)
            first.shutdown()
            delay(10.hours)
            start(noting(backend, runs))
            delay(1.hours)
            runs shouldContainExactly listOf(1.hours, 690.minutes, 12.hours)
        }
    }

    test("the run of a worker that is cut off is taken over, and its handler is cancelled by the worker's own clock") {
        engineTest { real ->
            val cut = FaultyBackend(real)
            var cancelled: Duration? = null
            val stalled = cut.reporting {
                cut.faults.beforeSchedule = { throw StoreUnavailableException("cut off") }
                try {
                    awaitCancellation()
                } catch (e: CancellationException) {
                    cancelled = elapsed
                    e.message!! shouldContain "lost its lease"
                    throw e
                }
            }
            val runs = mutableListOf<Duration>()
            start(stalled)
            delay(1.hours + 1.seconds)
            start(noting(real, runs))
            delay(5.minutes)
            runs shouldContainExactly listOf(1.hours + 30.seconds)
            cancelled shouldBe 1.hours + 29.seconds
            // By the store's clock, in microseconds: when it was taken over.
            real.schedules.list().single().leaseEpoch shouldBe (1.hours + 30.seconds).inWholeMicroseconds
        }
    }

    test("the end of a run that another worker took over is refused") {
        engineTest { real ->
            val cut = FaultyBackend(real)
            val runs = mutableListOf<Duration>()
            val stalled = cut.reporting {
                cut.faults.beforeSchedule = { throw StoreUnavailableException("cut off") }
                delay(10.minutes)
                cut.faults.beforeSchedule = {}
            }
            val report = backgroundScope.async { stalled.run() }
            delay(1.hours + 1.seconds)
            start(noting(real, runs, time = 20.minutes))
            delay(15.minutes)
            real.schedules.list().single().status shouldBe JobStatus.PICKED
            stalled.shutdown()
            report.await().run { schedulesRun to schedulesFailed } shouldBe (0L to 0L)
            delay(10.minutes)
            runs shouldContainExactly listOf(1.hours + 30.seconds)
        }
    }

    test("a handler that throws has failed its run, and runs again at its next time") {
        engineTest { backend ->
            var runs = 0
            val worker = backend.reporting {
                runs++
                error("broken")
            }
            val report = backgroundScope.async { worker.run() }
            delay(2.hours + 1.seconds)
            worker.shutdown()
            report.await().run { schedulesRun to schedulesFailed } shouldBe (0L to 2L)
            runs shouldBe 2
        }
    }

    test("the end of a run is written again and again until the store takes it") {
        engineTest { real ->
            val faulty = FaultyBackend(real)
            val runs = mutableListOf<Duration>()
            var failures = 5
            faulty.faults.beforeSchedule = {
                if (it == ScheduleStep.COMPLETE && --failures >= 0) throw StoreUnavailableException("away")
            }
            start(noting(faulty, runs))
            delay(2.hours + 1.seconds)
            runs shouldContainExactly listOf(1.hours, 2.hours)
            failures shouldBeLessThanOrEqual 0
        }
    }

    test("schedules go on after claims failed") {
        engineTest { real ->
            val faulty = FaultyBackend(real)
            val runs = mutableListOf<Duration>()
            start(noting(faulty, runs))
            delay(30.minutes)
            faulty.faults.beforeSchedule = { throw StoreUnavailableException("away") }
            delay(1.hours)
            faulty.faults.beforeSchedule = {}
            delay(45.minutes)
            runs.size shouldBe 2
            runs.last() shouldBe 2.hours
        }
    }

    test("a shutdown lets a run end") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            val worker = noting(backend, runs, time = 20.seconds)
            val report = backgroundScope.async { worker.run() }
            delay(1.hours + 1.seconds)
            worker.shutdown()
            report.await().schedulesRun shouldBe 1
            elapsed shouldBe 1.hours + 20.seconds
            backend.schedules.list().single().status shouldBe JobStatus.QUEUED
        }
    }

    test("a run that outlives the shutdown is cancelled, given back, and starts on another worker at once") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            val options = RunOptions {
                shutdownTimeout = 10.seconds
                dequeueTimeout = 5.hours
            }
            val leaving = noting(backend, runs, time = Duration.INFINITE)
            start(leaving, options)
            delay(1.hours + 1.seconds)
            start(noting(backend, runs), options)
            delay(1.seconds)
            leaving.shutdown()
            delay(1.minutes)
            runs shouldContainExactly listOf(1.hours, 1.hours + 12.seconds)
        }
    }

    test("a second shutdown does not wait for a run") {
        engineTest { backend ->
            val worker = noting(backend, mutableListOf(), time = Duration.INFINITE)
            val report = backgroundScope.async { worker.run { shutdownTimeout = 10.hours } }
            delay(1.hours + 1.seconds)
            repeat(2) { worker.shutdown() }
            report.await().schedulesRun shouldBe 0
            elapsed shouldBe 1.hours + 1.seconds
        }
    }

    test("a run whose handler ignores its cancellation is given back all the same") {
        engineTest { backend ->
            val worker = backend.reporting { withContext(NonCancellable) { delay(10.hours) } }
            val report = backgroundScope.async { worker.run { shutdownTimeout = 1.seconds } }
            delay(1.hours + 1.seconds)
            worker.shutdown()
            report.await()
            elapsed shouldBeLessThan 1.hours + 10.seconds
            backend.schedules.list().single().run { status to lastRun } shouldBe (JobStatus.QUEUED to null)
        }
    }

    test("a drain makes up for what is overdue, does the jobs that it enqueues, and returns") {
        engineTest { backend ->
            fun worker(done: MutableList<String>) = backend.worker {
                schedule("report", hourly) {
                    delay(10.minutes)
                    queue.enqueue("e", "scheduled".encodeToByteArray())
                    done += "report"
                }
                entrypoint("e") { done += it.payload!!.decodeToString() }
            }
            worker(mutableListOf()).run(DRAIN)
            elapsed shouldBe Duration.ZERO
            delay(5.hours)
            backend.queue.enqueue("e", "waiting".encodeToByteArray())
            val done = mutableListOf<String>()
            worker(done).run(DRAIN).run { schedulesRun to succeeded } shouldBe (1L to 2L)
            done shouldContainExactly listOf("waiting", "report", "scheduled")
            elapsed shouldBe 5.hours + 10.minutes
        }
    }

    test("a drain of a worker with schedules alone runs what is due and returns") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            noting(backend, runs).run(DRAIN)
            delay(2.hours)
            noting(backend, runs, time = 1.minutes).run(DRAIN).schedulesRun shouldBe 1
            elapsed shouldBe 2.hours + 1.minutes
        }
    }

    test("a worker that starts with cleanOld replaces the older expression of its name") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            val old = noting(backend, runs)
            start(old)
            delay(90.minutes)
            old.shutdown()
            val new = backend.worker { schedule("report", "15 * * * *", { cleanOld = true }) { runs += elapsed } }
            start(new)
            delay(1.hours)
            runs shouldContainExactly listOf(1.hours, 135.minutes)
            backend.schedules.list().map { it.expression } shouldContainExactly listOf("15 * * * *")
        }
    }

    test("handlers have the schedule, the time it is due, the queue and the resources at hand") {
        engineTest { backend ->
            val seen = mutableListOf<String>()
            val worker = backend.worker {
                resources { put("hello") }
                schedule("report", " 0   0 * * MON") { schedule ->
                    seen += "${schedule.name} ${schedule.expression} $dueAt ${schedule.nextRun} $leaseEpoch"
                    queue.enqueue("e", resource<String>().encodeToByteArray())
                }
                blockingSchedule("blocking", "@hourly") { seen += "blocking" }
                entrypoint("e") { seen += it.payload!!.decodeToString() }
            }
            start(worker)
            delay(4.days + 1.seconds)
            seen.filter { it != "blocking" } shouldContainExactly
                listOf(
                    "report 0 0 * * mon 1970-01-05T00:00:00Z 1970-01-12T00:00:00Z ${4.days.inWholeMicroseconds}",
                    "hello",
                )
            seen.count { it == "blocking" } shouldBe 96
        }
    }

    test("an idle scheduler looks four times an hour, and renews nothing") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            start(backend.reporting("0 0 1 1 *") { })
            delay(1.minutes)
            backend.faults.scheduleSteps.clear()
            delay(10.hours)
            backend.faults.scheduleSteps.size shouldBe 40
            backend.faults.scheduleSteps.distinct() shouldContainExactly listOf(ScheduleStep.CLAIM)
            backend.faults.claims shouldBe 0
        }
    }

    test("a run that was given back is found without a notification") {
        engineTest { real ->
            val runs = mutableListOf<Duration>()
            val leaving = noting(real, mutableListOf(), time = Duration.INFINITE)
            start(leaving, RunOptions { shutdownTimeout = Duration.ZERO })
            delay(1.hours + 1.seconds)
            start(
                noting(FaultyBackend(real).apply { faults.deaf = true }, runs),
                RunOptions {
                    heartbeatTimeout = 2.hours
                },
            )
            delay(1.seconds)
            leaving.shutdown()
            delay(15.minutes)
            runs.size shouldBe 1
        }
    }

    test("registrations that cannot be are refused at once, with the reason") {
        engineTest { backend ->
            fun refusal(register: WorkerBuilder.() -> Unit) =
                shouldThrow<IllegalArgumentException> { backend.worker(register) }.message.orEmpty()

            refusal { schedule(" ", hourly) { } } shouldContain "must not be blank"
            refusal { schedule("a\u0000", hourly) { } } shouldContain "NUL"
            refusal { schedule("a", "61 * * * *") { } } shouldContain "61"
            refusal { schedule("a", "0 0 30 2 *") { } } shouldContain "0 0 30 2 *"
            refusal {
                schedule("a", "0 0 * * *") { }
                blockingSchedule("a", "@daily") { }
            } shouldContain "schedule 'a' (0 0 * * *) is registered twice"
            backend.schedules.list().shouldBeEmpty()
        }
    }
})
