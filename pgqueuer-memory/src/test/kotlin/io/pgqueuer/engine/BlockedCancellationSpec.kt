package io.pgqueuer.engine

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.RunOptions
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withTimeout
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Users' code that runs when a handler is cancelled, and blocks: on real threads, as it would block the only thread
 * of virtual time.
 */
class BlockedCancellationSpec : FunSpec({
    val options = RunOptions {
        heartbeatTimeout = 1.seconds
        shutdownTimeout = 1.seconds
    }
    lateinit var release: CountDownLatch
    val blocked = AtomicInteger()

    beforeTest {
        release = CountDownLatch(1)
        blocked.set(0)
    }
    afterTest { release.countDown() }

    /** Suspends until it is cancelled, and then blocks the thread that cancels it. */
    suspend fun suspendAndBlock(): Unit = suspendCancellableCoroutine { continuation ->
        continuation.invokeOnCancellation {
            blocked.incrementAndGet()
            release.await(30, TimeUnit.SECONDS)
        }
    }

    /** Runs [test]; lets everything go on if it fails. */
    suspend fun orRelease(test: suspend CoroutineScope.() -> Unit) = coroutineScope {
        try {
            test()
        } catch (e: Throwable) {
            release.countDown()
            throw e
        }
    }

    /** Runs a worker with jobs that block when they are cancelled, by their time or by a call, beside one that must not notice. */
    suspend fun besideOthers(timeout: Duration?) {
        val backend = inMemoryBackend()
        val began = AtomicInteger()
        val mayEnd = CompletableDeferred<Unit>()
        val isCanceled = CompletableDeferred<Unit>()
        val worker = backend.worker {
            entrypoint("stuck", { this.timeout = timeout }) {
                began.incrementAndGet()
                suspendAndBlock()
            }
            entrypoint("healthy") {
                began.incrementAndGet()
                mayEnd.await()
            }
            entrypoint("canceled") {
                began.incrementAndGet()
                suspendCancellableCoroutine<Unit> { it.invokeOnCancellation { isCanceled.complete(Unit) } }
            }
        }
        val stuck = backend.queue.enqueueAll(List(8) { NewJob("stuck") })
        val healthy = backend.queue.enqueue("healthy")
        val canceled = backend.queue.enqueue("canceled")
        orRelease {
            val run = async(Dispatchers.Default) { worker.run(options) }
            eventually(10.seconds) { began.get() shouldBe 10 }
            if (timeout == null) backend.queue.cancel(stuck)
            eventually(10.seconds) { blocked.get() shouldBeGreaterThan 0 }

            repeat(4) {
                val before = backend.insights.job(healthy)!!.heartbeat
                eventually(2.seconds) { backend.insights.job(healthy)!!.heartbeat shouldBeGreaterThan before }
            }
            backend.queue.cancel(listOf(canceled))
            withTimeout(2.seconds) { isCanceled.await() }
            eventually(5.seconds) { blocked.get() shouldBe 8 }
            mayEnd.complete(Unit)
            eventually(2.seconds) { backend.statuses(healthy).last() shouldBe JobStatus.SUCCESSFUL }
            release.countDown()
            worker.shutdown()
            run.await()
        }
    }

    test("handlers that block when they are canceled keep neither renewals nor other cancellations waiting") {
        besideOthers(timeout = null)
    }

    test("handlers that block when their time is up keep neither renewals nor cancellations waiting") {
        besideOthers(timeout = 200.milliseconds)
    }

    test("jobs and schedules that block when they are given back do not keep a shutdown waiting") {
        val backend = inMemoryBackend()
        val began = AtomicInteger()
        val worker = backend.worker {
            entrypoint("stuck") {
                began.incrementAndGet()
                suspendAndBlock()
            }
            schedule("stuck", "* * * * * *") {
                began.incrementAndGet()
                suspendAndBlock()
            }
        }
        backend.queue.enqueueAll(List(8) { NewJob("stuck") })
        orRelease {
            val run = launch(Dispatchers.Default) { worker.run(options) }
            eventually(10.seconds) { began.get() shouldBe 9 }
            worker.shutdown()
            withTimeout(10.seconds) { run.join() }
            blocked.get() shouldBe 9
            release.countDown()
        }
    }
})
