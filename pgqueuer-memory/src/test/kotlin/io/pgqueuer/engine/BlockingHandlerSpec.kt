package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.jobType
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.runInterruptible
import java.util.concurrent.CountDownLatch
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.LockSupport
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** On real threads: what blocks or burns cannot be seen under virtual time. */
class BlockingHandlerSpec : FunSpec({
    test("blocking handlers run side by side, more than the machine has cores, with their decoded values") {
        val numbers = jobType<Int>("number")
        val many = 2 * Runtime.getRuntime().availableProcessors() + 10
        val backend = inMemoryBackend()
        backend.queue.enqueueAll(List(many) { numbers.newJob(it) })
        val together = CyclicBarrier(many)
        val worker = backend.worker {
            blockingEntrypoint(numbers) { check(it in 0 until many).also { together.await(30, TimeUnit.SECONDS) } }
        }
        worker.run(DRAIN).succeeded shouldBe many.toLong()
    }

    test("a blocking handler is interrupted at its timeout") {
        val backend = inMemoryBackend()
        val id = backend.queue.enqueue("stuck")
        val worker = backend.worker {
            deleteFailedJobs()
            blockingEntrypoint("stuck", { timeout = 50.milliseconds }) {
                CountDownLatch(1).await()
            }
        }
        worker.run(DRAIN).failed shouldBe 1
        backend.insights.log(id).last().failure?.type shouldBe "io.pgqueuer.JobTimeoutException"
    }

    test("a blocking handler's time does not pass while it waits for a thread") {
        val backend = inMemoryBackend()
        // More rounds on the threads that there are than fit into the timeout.
        backend.queue.enqueueAll(List(5 * 64) { NewJob("work") })
        val worker = backend.worker {
            blockingEntrypoint("work", { timeout = 1_500.milliseconds }) {
                CountDownLatch(1).await(400, TimeUnit.MILLISECONDS)
            }
        }
        worker.run(DRAIN.with { maxConcurrentTasks = 5 * 64 }).succeeded shouldBe 5L * 64
    }

    test("a handler that blocks past its timeout and then returns has timed out, and the log says what to do") {
        val backend = inMemoryBackend()
        val ids = backend.queue.enqueueAll(listOf(NewJob("suspending"), NewJob("blocking")))
        val worker = backend.worker {
            deleteFailedJobs()
            entrypoint("suspending", { timeout = 50.milliseconds }) { blockThroughInterrupts(200.milliseconds) }
            blockingEntrypoint("blocking", { timeout = 50.milliseconds }) { blockThroughInterrupts(200.milliseconds) }
        }

        val warnings = warningsOf("io.pgqueuer.engine.running.TimeLimit") { worker.run(DRAIN).failed shouldBe 2 }

        ids.forEach {
            backend.insights.log(it).last().failure?.type shouldBe "io.pgqueuer.JobTimeoutException"
        }
        warnings.size shouldBe 2
        warnings.forEach { it shouldContain "register it with blockingEntrypoint" }
    }

    test("what a handler throws after its time was up is kept beside the timeout") {
        val backend = inMemoryBackend()
        val id = backend.queue.enqueue("late")
        val worker = backend.worker {
            deleteFailedJobs()
            entrypoint("late", { timeout = 50.milliseconds }) {
                blockThroughInterrupts(100.milliseconds)
                error("and then it failed")
            }
        }
        worker.run(DRAIN).failed shouldBe 1
        val failure = backend.insights.log(id).last().failure.shouldNotBeNull()
        failure.type shouldBe "io.pgqueuer.JobTimeoutException"
        failure.stackTrace shouldContain "Suppressed: java.lang.IllegalStateException: and then it failed"
    }

    test("a timeout covers the handler alone, not the interceptors around it") {
        engineTest { backend ->
            backend.queue.enqueue("e")
            val worker = backend.worker {
                intercept { _, next ->
                    delay(1.minutes)
                    next()
                    delay(1.minutes)
                }
                entrypoint("e", { timeout = 30.seconds }) { delay(29.seconds) }
            }
            worker.run(DRAIN).succeeded shouldBe 1
        }
    }

    test("handlers that burn every thread for longer than the heartbeat timeout keep their jobs") {
        val backend = inMemoryBackend()
        val cores = Runtime.getRuntime().availableProcessors()
        val ids = backend.queue.enqueueAll(List(cores) { NewJob("burn") })
        val options = DRAIN.with { heartbeatTimeout = 600.milliseconds }
        val burning = CountDownLatch(cores)
        val burners = backend.worker {
            entrypoint("burn") {
                burning.countDown()
                val start = TimeSource.Monotonic.markNow()
                @Suppress("ControlFlowWithEmptyBody")
                while (start.elapsedNow() < 3.seconds
                    );
            }
        }
        val thief = backend.worker { entrypoint("burn") { error("stolen") } }
        coroutineScope {
            // The caller's own thread is not what the engine lives on either.
            val report = async(Dispatchers.Default) { burners.run(options) }
            runInterruptible(Dispatchers.IO) { burning.await() }
            val stealing = async(Dispatchers.IO) {
                thief.run {
                    heartbeatTimeout = 600.milliseconds
                    dequeueTimeout = 50.milliseconds
                }
            }
            report.await().succeeded shouldBe cores.toLong()
            thief.shutdown()
            stealing.await()
        }
        ids.forEach {
            backend.statuses(it).shouldContainExactly(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.SUCCESSFUL)
        }
    }
})

private fun blockThroughInterrupts(time: Duration) {
    val start = TimeSource.Monotonic.markNow()
    while (start.elapsedNow() < time) LockSupport.parkNanos((time - start.elapsedNow()).inWholeNanoseconds)
}
