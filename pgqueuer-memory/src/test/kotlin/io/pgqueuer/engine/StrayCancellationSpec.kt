package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotContain
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.Backend
import io.pgqueuer.Delivery
import io.pgqueuer.JobStatus
import io.pgqueuer.LeaseLostException
import io.pgqueuer.NewJob
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.CountDownLatch
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** Cancellations that the worker did not order never end a job. */
class StrayCancellationSpec : FunSpec({
    suspend fun Backend.statusesOfAll() = insights.queueSize().associate { it.status to it.count }

    suspend fun Backend.acknowledge(take: Int): Int {
        var acknowledged = 0
        queue.consume("t").take(take).collect {
            it.ack()
            acknowledged++
        }
        return acknowledged
    }

    test("a flow that takes five at a time delivers every job once, and ends none that nobody received") {
        engineTest { backend ->
            val ids = backend.queue.enqueueAll(List(100) { NewJob("t") })
            List(20) { backend.acknowledge(5) }.sum() shouldBe 100
            ids.forEach { backend.statuses(it).last() shouldBe JobStatus.SUCCESSFUL }
        }
    }

    test("the same on real threads") {
        val backend = inMemoryBackend()
        val ids = backend.queue.enqueueAll(List(100) { NewJob("t") })
        List(20) { backend.acknowledge(5) }.sum() shouldBe 100
        ids.forEach { backend.statuses(it).last() shouldBe JobStatus.SUCCESSFUL }
    }

    test("a collector that throws gives its delivery back") {
        engineTest { backend ->
            val ids = backend.queue.enqueueAll(List(3) { NewJob("t") })
            shouldThrow<IllegalStateException> { backend.queue.consume("t").collect { error("no") } }
            backend.statusesOfAll() shouldBe mapOf(JobStatus.QUEUED to 3L)
            ids.forEach { backend.statuses(it) shouldNotContain JobStatus.EXCEPTION }
        }
    }

    test("a timeout around a collector gives its delivery back") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(3) { NewJob("t") })
            withTimeoutOrNull(5.seconds) { backend.queue.consume("t").collect { awaitCancellation() } } shouldBe null
            backend.statusesOfAll() shouldBe mapOf(JobStatus.QUEUED to 3L)
        }
    }

    test("collectLatest acknowledges what it collects") {
        engineTest { backend ->
            val ids = backend.queue.enqueueAll(List(3) { NewJob("t") })
            backend.queue.consume("t") { mode = RunMode.DRAIN }.collectLatest { it.ack() }
            ids.forEach { backend.statuses(it).last() shouldBe JobStatus.SUCCESSFUL }
        }
    }

    test("an answer to a delivery that was given back throws, and changes nothing") {
        engineTest { backend ->
            val id = backend.queue.enqueue("t")
            val answers = listOf<suspend (Delivery) -> Unit>({ it.ack() }, { it.nack() })
            for (answer in answers) {
                val delivery = backend.queue.consume("t").first()
                shouldThrow<LeaseLostException> { answer(delivery) }.jobId shouldBe id
                backend.insights.job(id)?.run { status to attempts } shouldBe (JobStatus.QUEUED to 0)
            }
        }
    }

    test("an ack that throws ends the coroutine around it as a failure, not in silence") {
        engineTest { backend ->
            backend.queue.enqueue("t")
            val delivery = backend.queue.consume("t").first()
            val failure = CompletableDeferred<Throwable?>()
            CoroutineScope(Job()).async { delivery.ack() }.invokeOnCompletion { failure.complete(it) }
            (failure.await() is LeaseLostException) shouldBe true
        }
    }

    test("jobs whose handlers await a scope that is cancelled together with their worker are given back") {
        repeat(20) {
            val backend = inMemoryBackend()
            val ids = backend.queue.enqueueAll(List(20) { NewJob("e") })
            val running = CountDownLatch(20)
            val application = CoroutineScope(Job() + Dispatchers.Default)
            val worker = backend.worker {
                entrypoint("e") {
                    val answer = application.async { awaitCancellation() }
                    running.countDown()
                    answer.await()
                }
            }
            val run = application.launch { worker.run() }
            running.await()
            application.cancel()
            run.join()
            ids.flatMap { backend.statuses(it) } shouldNotContain JobStatus.EXCEPTION
            backend.statusesOfAll() shouldBe mapOf(JobStatus.QUEUED to 20L)
        }
    }

    test("a handler that lets a cancellation of its own out rests longer each time, and its job does not end") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            val runs = mutableListOf<Duration>()
            val worker = backend.worker {
                entrypoint("e", {
                    retry = RetryPolicy.exponential(maxAttempts = 2)
                    onFailure = OnFailure.HOLD
                }) {
                    runs += elapsed
                    job.attempts shouldBe 0
                    if (runs.size <= 8) throw CancellationException("of another scope")
                }
            }
            worker.run(DRAIN).run { succeeded to failed } shouldBe (1L to 0L)
            runs.size shouldBe 9
            val rests = runs.zipWithNext { one, next -> next - one }
            rests.first() shouldBeGreaterThan 500.milliseconds
            rests.last() shouldBeGreaterThan rests.first() * 10
            backend.statuses(id) shouldNotContain JobStatus.EXCEPTION
        }
    }

    test("a job that rests keeps nobody from working, and is given back at once when its worker stops") {
        engineTest { backend ->
            val resting = backend.queue.enqueue("e")
            val worker = backend.worker {
                entrypoint("e") { throw CancellationException("of another scope") }
                entrypoint("innocent") { }
            }
            val run = start(worker, RunOptions { maxConcurrentTasks = 1 })
            delay(10.minutes)
            val innocents = backend.queue.enqueueAll(List(10) { NewJob("innocent") })
            delay(1.seconds)
            innocents.forEach { backend.statuses(it).last() shouldBe JobStatus.SUCCESSFUL }
            val stopped = elapsed
            worker.shutdown()
            run.join()
            elapsed shouldBe stopped
            backend.insights.job(resting)?.status shouldBe JobStatus.QUEUED
        }
    }

    test("a withTimeout of the handler's own that is over is a failure like any other") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            var runs = 0
            val worker = backend.worker {
                entrypoint("e", {
                    retry = RetryPolicy.exponential(maxAttempts = 3)
                    onFailure = OnFailure.HOLD
                }) {
                    runs++
                    withTimeout(1.seconds) { awaitCancellation() }
                }
            }
            worker.run(DRAIN).held shouldBe 1
            runs shouldBe 3
            backend.statuses(id) shouldContain JobStatus.HELD
        }
    }

    test("a schedule whose handler lets a cancellation of its own out runs again after a rest") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            val worker = backend.worker {
                schedule("hourly", "0 * * * *") {
                    runs += elapsed
                    if (runs.size <= 2) throw CancellationException("of another scope")
                }
            }
            start(worker)
            delay(1.hours + 30.minutes)
            runs.size shouldBe 3
            (runs.last() - runs.first()) shouldBeGreaterThan 1.seconds
            backend.schedules.list().single().status shouldBe JobStatus.QUEUED
        }
    }

    test("innocent jobs are not touched by those that are cancelled by their own code") {
        engineTest { backend ->
            val ids = backend.queue.enqueueAll(List(20) { NewJob(if (it % 2 == 0) "stray" else "innocent") })
            val worker = backend.worker {
                entrypoint("stray") { throw CancellationException("of another scope") }
                entrypoint("innocent") { delay(1.seconds) }
            }
            start(worker)
            delay(1.minutes)
            ids.filterIndexed { index, _ -> index % 2 == 1 }.map { backend.statuses(it).last() }.toSet()
                .shouldContainExactly(JobStatus.SUCCESSFUL)
            backend.insights.heldJobs().shouldBeEmpty()
        }
    }
})
