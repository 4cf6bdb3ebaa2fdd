package io.pgqueuer.engine

import ch.qos.logback.classic.Level
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.pgqueuer.NewJob
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.StoreClosedException
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.Worker
import io.pgqueuer.WorkerEvent
import io.pgqueuer.WorkerFailedException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.supervisorScope
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** A worker whose run fails starts again, if it is asked to. */
class RestartSpec : FunSpec({
    val restarting = RunOptions { restartOnFailure = true }

    fun FaultyBackend.serving(seen: MutableList<WorkerEvent> = mutableListOf()): Worker = worker {
        observe { seen += it }
        entrypoint("e") { }
    }

    test("a failed run is followed by another one after a growing wait, until one does not fail") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val starts = mutableListOf<Duration>()
            backend.faults.beforeStart = {
                starts += elapsed
                if (elapsed < 2.minutes) throw StoreUnavailableException("the database is down")
            }
            real.queue.enqueue("e")
            val worker = backend.serving()
            val run = async { worker.run(restarting) }
            delay(1.hours)
            starts.map { it.inWholeSeconds } shouldContainExactly listOf(0, 1, 3, 7, 15, 31, 61, 91, 121)
            worker.listenerHealthy() shouldBe true
            worker.shutdown()
            run.await().succeeded shouldBe 1
        }
    }

    test("each failure is logged and told to observers, with its cause and the wait") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val failure = StoreUnavailableException("the database is down")
            backend.faults.beforeStart = { if (elapsed < 3.seconds) throw failure }
            val seen = mutableListOf<WorkerEvent>()
            val worker = backend.serving(seen)
            val logged = loggedBy(WORKER_LOG, Level.ERROR) {
                start(worker, restarting)
                delay(1.minutes)
            }
            val failed = seen.filterIsInstance<WorkerEvent.RunFailed>()
            failed.map { it.cause } shouldContainExactly listOf(failure, failure)
            failed.map { it.restartIn } shouldContainExactly listOf(1.seconds, 2.seconds)
            seen.drop(2).first().shouldBeInstanceOf<WorkerEvent.WorkerStarted>()
            logged.map { it.formattedMessage.substringBefore(':') } shouldContainExactly
                listOf("the worker failed; it is started again in 1s", "the worker failed; it is started again in 2s")
            logged.first().formattedMessage shouldContain "the database is down"
            logged.first().throwableProxy.shouldBeNull()
        }
    }

    test("a run that fails while it works is told after its end, and the report is that of all runs") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            var isBroken = false
            backend.faults.afterClaim = { if (isBroken) throw OutOfMemoryError("simulated") }
            val seen = mutableListOf<WorkerEvent>()
            val worker = backend.serving(seen)
            val run = async { worker.run(restarting) }
            real.queue.enqueueAll(List(3) { NewJob("e") })
            delay(10.minutes)
            isBroken = true
            real.queue.enqueue("e")
            delay(500.milliseconds)
            isBroken = false
            val failure = seen.last().shouldBeInstanceOf<WorkerEvent.RunFailed>()
            failure.cause.shouldBeInstanceOf<WorkerFailedException>()
            failure.worker shouldBe seen.first().worker
            seen[seen.size - 2].shouldBeInstanceOf<WorkerEvent.WorkerStopped>()
            worker.listenerHealthy() shouldBe false
            delay(10.minutes)
            worker.listenerHealthy() shouldBe true
            worker.shutdown()
            run.await().succeeded shouldBe 4
            seen.last().worker shouldBe seen.last { it is WorkerEvent.WorkerStarted }.worker
        }
    }

    test("a failure after a long run is waited for as the first one") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            var isDown = true
            backend.faults.beforeStart = { if (isDown) throw StoreUnavailableException("down") }
            val seen = mutableListOf<WorkerEvent>()
            start(backend.serving(seen), restarting)
            delay(2.seconds)
            isDown = false
            suspend fun failAfter(ran: Duration) {
                delay(ran)
                backend.faults.beforeClaim = { throw OutOfMemoryError("simulated") }
                real.queue.enqueue("e")
                delay(1.milliseconds)
                backend.faults.beforeClaim = {}
            }
            failAfter(4.minutes)
            failAfter(6.minutes)
            seen.filterIsInstance<WorkerEvent.RunFailed>().map { it.restartIn } shouldContainExactly
                listOf(1.seconds, 2.seconds, 4.seconds, 1.seconds)
        }
    }

    test("a worker that is told to stop while it waits ends at once, with its last failure") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeStart = { throw StoreUnavailableException("down at $elapsed") }
            val worker = backend.serving()
            supervisorScope {
                val run = async { worker.run(restarting) }
                delay(40.seconds)
                worker.shutdown()
                shouldThrow<StoreUnavailableException> { run.await() }.message shouldBe "down at 31s"
            }
            elapsed shouldBe 40.seconds
            // The request was for that run.
            backend.faults.beforeStart = {}
            real.queue.enqueue("e")
            worker.run(DRAIN).succeeded shouldBe 1
        }
    }

    test("a run that fails after it was told to stop is the last one") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val worker = backend.serving()
            var starts = 0
            backend.faults.beforeStart = {
                starts++
                worker.shutdown()
                throw StoreUnavailableException("down")
            }
            shouldThrow<StoreUnavailableException> { worker.run(restarting) }
            starts shouldBe 1
        }
    }

    test("a second request to stop skips the wait for handlers, also in a later run") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeStart = { if (elapsed < 1.seconds) throw StoreUnavailableException("down") }
            val worker = backend.worker { entrypoint("e") { awaitCancellation() } }
            real.queue.enqueue("e")
            val run = async { worker.run(restarting) }
            delay(1.minutes)
            repeat(2) { worker.shutdown() }
            run.await().released shouldBe 1
            elapsed shouldBe 1.minutes
        }
    }

    test("a caller that is cancelled while the worker waits is cancelled, and no run follows") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            var starts = 0
            backend.faults.beforeStart = {
                starts++
                throw StoreUnavailableException("down")
            }
            val worker = backend.serving()
            val run = async { worker.run(restarting) }
            delay(500.milliseconds)
            run.cancel()
            shouldThrow<CancellationException> { run.await() }
            delay(1.hours)
            starts shouldBe 1
        }
    }

    test("a worker whose tables are missing runs once they are there") {
        engineTest { real ->
            real.schema.uninstall()
            val worker = FaultyBackend(real).serving()
            val run = async { worker.run(restarting.with { mode = RunMode.DRAIN }) }
            delay(10.seconds)
            real.schema.install()
            real.queue.enqueue("e")
            run.await().succeeded shouldBe 1
        }
    }

    context("what waiting cannot repair ends the run") {
        test("a worker without entrypoints") {
            engineTest { real ->
                shouldThrow<IllegalStateException> { real.worker { }.run(restarting) }
                elapsed shouldBe Duration.ZERO
            }
        }

        test("an entrypoint that the store cannot store") {
            engineTest { real ->
                val backend = FaultyBackend(real)
                backend.faults.beforeStart = { throw IllegalArgumentException("not storable") }
                shouldThrow<IllegalArgumentException> { backend.serving().run(restarting) }
                elapsed shouldBe Duration.ZERO
            }
        }

        test("a backend that is closed") {
            engineTest { real ->
                val backend = FaultyBackend(real)
                backend.faults.beforeClaim = { throw StoreClosedException("closed") }
                shouldThrow<StoreClosedException> { backend.serving().run(restarting) }
                elapsed shouldBe Duration.ZERO
            }
        }
    }

    test("without the option, the first failure is thrown, and no event is sent for it") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeStart = { throw StoreUnavailableException("down") }
            val seen = mutableListOf<WorkerEvent>()
            shouldThrow<StoreUnavailableException> { backend.serving(seen).run() }
            elapsed shouldBe Duration.ZERO
            seen.shouldBeEmpty()
        }
    }
})
