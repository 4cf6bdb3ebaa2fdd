package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.RunOptions
import io.pgqueuer.SchemaException
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.Signal
import io.pgqueuer.port.Store
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.withContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class ShutdownSpec : FunSpec({
    test("a shutdown that comes before the run is remembered by it, and by no later one") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            val worker = backend.worker { entrypoint("e") { } }
            worker.shutdown()
            worker.run().succeeded shouldBe 0
            elapsed shouldBe 0.seconds
            backend.insights.job(id)?.status shouldBe JobStatus.QUEUED
            worker.run(DRAIN).succeeded shouldBe 1
        }
    }

    test("a shutdown lets handlers end, claims no more, and returns when the last outcome is written") {
        engineTest { backend ->
            val worker = backend.worker { entrypoint("e") { delay(10.seconds) } }
            val first = backend.queue.enqueue("e")
            val report = backgroundScope.async { worker.run() }
            delay(5.seconds)
            worker.shutdown()
            delay(1.milliseconds)
            val second = backend.queue.enqueue("e")
            report.await().succeeded shouldBe 1
            elapsed shouldBe 10.seconds
            backend.insights.job(first) shouldBe null
            backend.insights.job(second)?.status shouldBe JobStatus.QUEUED
        }
    }

    test("handlers that outlive the shutdown timeout are cancelled and their jobs given back, attempts unchanged") {
        engineTest { backend ->
            val worker = backend.worker { entrypoint("e") { awaitCancellation() } }
            val id = backend.queue.enqueue("e")
            val report = backgroundScope.async { worker.run { shutdownTimeout = 20.seconds } }
            delay(5.seconds)
            worker.shutdown()
            report.await().released shouldBe 1
            elapsed shouldBe 25.seconds
            val job = checkNotNull(backend.insights.job(id))
            Triple(job.status, job.attempts, job.workerId) shouldBe Triple(JobStatus.QUEUED, 0, null)
            backend.statuses(id).shouldContainExactly(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.QUEUED)
        }
    }

    test("a job that a worker gives back starts on another at once") {
        engineTest { backend ->
            val starts = mutableListOf<Duration>()
            val workers = List(2) {
                backend.worker {
                    entrypoint("e") {
                        starts += elapsed
                        if (starts.size == 1) awaitCancellation()
                    }
                }
            }
            backend.queue.enqueue("e")
            start(workers[0], RunOptions { shutdownTimeout = Duration.ZERO })
            delay(1.seconds)
            start(workers[1], RunOptions { dequeueTimeout = 1.hours })
            delay(1.seconds)
            workers[0].shutdown()
            delay(1.minutes)
            starts.shouldContainExactly(0.seconds, 2.seconds)
        }
    }

    test("a second shutdown skips the wait for handlers") {
        engineTest { backend ->
            val worker = backend.worker { entrypoint("e") { awaitCancellation() } }
            backend.queue.enqueue("e")
            val report = backgroundScope.async { worker.run { shutdownTimeout = 1.hours } }
            delay(5.seconds)
            worker.shutdown()
            delay(5.seconds)
            worker.shutdown()
            report.await().released shouldBe 1
            elapsed shouldBe 10.seconds
        }
    }

    test("cancelling the caller of run cancels handlers at once and gives their jobs back before run returns") {
        engineTest { backend ->
            val worker = backend.worker { entrypoint("e") { awaitCancellation() } }
            val ids = backend.queue.enqueueAll(List(3) { NewJob("e") })
            val run = start(worker)
            delay(5.seconds)
            run.cancelAndJoin()
            elapsed shouldBe 5.seconds
            ids.forEach { backend.insights.job(it)?.status shouldBe JobStatus.QUEUED }
        }
    }

    test("a caller that is cancelled while a claim is under way loses none of the jobs that it leases") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.afterClaim = { delay(2.seconds) }
            real.queue.enqueueAll(List(5) { NewJob("e") })
            val run = start(backend.worker { entrypoint("e") { awaitCancellation() } })
            delay(1.seconds)
            run.cancelAndJoin()
            real.insights.queueSize().map { it.status to it.count }.shouldContainExactly(JobStatus.QUEUED to 5L)
        }
    }

    test("jobs that were taken ahead are given back without having run") {
        engineTest { backend ->
            var runs = 0
            val worker = backend.worker {
                entrypoint("e") {
                    runs++
                    delay(10.seconds)
                }
            }
            backend.queue.enqueueAll(List(5) { NewJob("e") })
            val report = backgroundScope.async {
                worker.run {
                    maxConcurrentTasks = 1
                    prefetch = 4
                }
            }
            delay(5.seconds)
            worker.shutdown()
            report.await().let { (it.succeeded to it.released) shouldBe (1L to 4L) }
            runs shouldBe 1
        }
    }

    test("a handler that ignores cancellation does not hold up the shutdown; its job is given back") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            val worker = backend.worker { entrypoint("e") { withContext(NonCancellable) { delay(1.hours) } } }
            val report = backgroundScope.async { worker.run { shutdownTimeout = 10.seconds } }
            delay(1.seconds)
            worker.shutdown()
            report.await().released shouldBe 1
            elapsed shouldBe 13.seconds
            delay(2.hours)
            backend.insights.job(id)?.status shouldBe JobStatus.QUEUED
        }
    }

    test("a shutdown while the store is away ends all the same, and the job runs again later") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeSettle = { throw StoreUnavailableException("away") }
            val id = real.queue.enqueue("e")
            val worker = backend.worker { entrypoint("e") {} }
            val run = start(worker, RunOptions { shutdownTimeout = 10.seconds })
            delay(1.seconds)
            worker.shutdown()
            run.join()
            elapsed shouldBe 11.seconds
            start(real.worker { entrypoint("e") {} })
            delay(1.minutes)
            real.insights.job(id) shouldBe null
        }
    }

    test("a worker does not start on a store without its schema, and says what to do") {
        engineTest { backend ->
            backend.schema.uninstall()
            shouldThrow<SchemaException> { backend.worker { entrypoint("e") {} }.run(DRAIN) }.message shouldContain
                "install"
        }
    }

    test("broken notifications shut the worker down where that was asked for") {
        engineTest { real ->
            val broken = CompletableDeferred<Unit>()
            val store = object : Store by real.store {
                override val notifications = object : Notifications by real.store.notifications {
                    override fun listen() = merge(
                        real.store.notifications.listen(),
                        flow {
                            broken.await()
                            emit(Signal.Interrupted(StoreUnavailableException("the connection broke")))
                        },
                    )
                }
            }
            val worker = StoreBackend(store).worker { entrypoint("e") {} }
            val run = start(worker, RunOptions { shutdownOnListenerFailure = true })
            delay(1.minutes)
            run.isActive shouldBe true
            broken.complete(Unit)
            run.join()
            elapsed shouldBe 1.minutes
        }
    }

    test("a caller that is cancelled while a shutdown waits for handlers skips that wait") {
        engineTest { backend ->
            val worker = backend.worker { entrypoint("e") { awaitCancellation() } }
            val id = backend.queue.enqueue("e")
            val run = start(worker, RunOptions { shutdownTimeout = 10.hours })
            delay(1.seconds)
            worker.shutdown()
            delay(1.seconds)
            run.cancelAndJoin()
            elapsed shouldBe 2.seconds
            backend.insights.job(id)?.status shouldBe JobStatus.QUEUED
        }
    }

    test("a draining worker returns at the moment of its last outcome") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(3) { NewJob("e") })
            backend.worker { entrypoint("e") { delay(7.seconds) } }.run(DRAIN.with { dequeueTimeout = 1.hours })
            elapsed shouldBe 7.seconds
            backend.insights.queueSize().shouldBeEmpty()
        }
    }

    context("options that are refused") {
        listOf<Pair<() -> RunOptions, String>>(
            { RunOptions { batchSize = 0 } } to "batchSize must be >= 1, or null to follow the load, was 0",
            { RunOptions { maxConcurrentTasks = 0 } } to
                "maxConcurrentTasks must be >= 1, or null for the default, was 0",
            { RunOptions { prefetch = -1 } } to "prefetch must be >= 0, was -1",
            { RunOptions { dequeueTimeout = Duration.ZERO } } to "dequeueTimeout must be >= 1ms, was 0s",
            { RunOptions { heartbeatTimeout = 99.milliseconds } } to
                "heartbeatTimeout must be >= 100ms and finite, was 99ms",
            { RunOptions { heartbeatTimeout = Duration.INFINITE } } to "was Infinity",
            { RunOptions { maxRescues = 0 } } to "maxRescues must be >= 1, was 0",
            { RunOptions { shutdownTimeout = (-1).seconds } } to "shutdownTimeout must be >= 0, was -1s",
        ).forEach { (options, message) ->
            test(message) { shouldThrow<IllegalArgumentException> { options() }.message shouldContain message }
        }
    }
})
