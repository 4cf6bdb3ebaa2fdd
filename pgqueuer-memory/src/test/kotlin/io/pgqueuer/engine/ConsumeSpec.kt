package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.JobStatus
import io.pgqueuer.LeaseLostException
import io.pgqueuer.NewJob
import io.pgqueuer.RunMode
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class ConsumeSpec : FunSpec({
    test("acknowledged deliveries come in order and are completed when ack returns") {
        engineTest { backend ->
            val ids = backend.queue.enqueueAll(List(3) { NewJob("orders") })
            val delivered = backend.queue.consume("orders").take(3).map { delivery ->
                delivery.ack()
                backend.insights.job(delivery.job.id) shouldBe null
                delivery.job.id
            }
            delivered.toList().shouldContainExactly(ids)
            ids.forEach { backend.statuses(it).last() shouldBe JobStatus.SUCCESSFUL }
        }
    }

    test("the next delivery waits for the answer to the last") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(2) { NewJob("orders") })
            val at = mutableListOf<Duration>()
            backend.queue.consume("orders") { mode = RunMode.DRAIN }.collect {
                at += elapsed
                backend.insights.queueSize().single { size -> size.status == JobStatus.PICKED }.count shouldBe 1
                backgroundScope.launch {
                    delay(5.seconds)
                    it.ack()
                }
            }
            at.shouldContainExactly(0.seconds, 5.seconds)
        }
    }

    test("a nack puts the job back for its delay, one attempt more") {
        engineTest { backend ->
            backend.queue.enqueue("orders")
            val seen = mutableListOf<Pair<Duration, Int>>()
            backend.queue.consume("orders") { mode = RunMode.DRAIN }.collect {
                seen += elapsed to it.job.attempts
                if (it.job.attempts == 0) it.nack(10.minutes) else it.ack()
            }
            seen.shouldContainExactly(0.minutes to 0, 10.minutes to 1)
        }
    }

    test("a collector that is cancelled gives its unanswered delivery back at once") {
        engineTest { backend ->
            val id = backend.queue.enqueue("orders")
            val collector = backgroundScope.launch { backend.queue.consume("orders").collect { awaitCancellation() } }
            delay(5.seconds)
            collector.cancelAndJoin()
            val job = checkNotNull(backend.insights.job(id))
            (job.status to job.attempts) shouldBe (JobStatus.QUEUED to 0)
            elapsed shouldBe 5.seconds
        }
    }

    test("a flow that is left after its first delivery without an answer gives it back") {
        engineTest { backend ->
            val id = backend.queue.enqueue("orders")
            backend.queue.consume("orders").first().job.id shouldBe id
            backend.insights.job(id)?.status shouldBe JobStatus.QUEUED
        }
    }

    test("a second answer is refused") {
        engineTest { backend ->
            backend.queue.enqueue("orders")
            backend.queue.consume("orders") { mode = RunMode.DRAIN }.collect {
                it.ack()
                shouldThrow<IllegalStateException> { it.nack() }.message shouldContain "answered already"
            }
        }
    }

    test("an ack of a job that was canceled meanwhile says so") {
        engineTest { backend ->
            val id = backend.queue.enqueue("orders")
            backend.queue.consume("orders") { mode = RunMode.DRAIN }.collect {
                backend.queue.cancel(listOf(id))
                delay(1.seconds)
                shouldThrow<LeaseLostException> { it.ack() }.jobId shouldBe id
            }
            backend.statuses(id).last() shouldBe JobStatus.CANCELED
        }
    }

    test("two collectors share the deliveries, each job once") {
        engineTest { backend ->
            val ids = backend.queue.enqueueAll(List(20) { NewJob("orders") })
            val got = List(2) { mutableListOf<Long>() }
            got.map { mine ->
                backgroundScope.launch {
                    backend.queue.consume("orders") { mode = RunMode.DRAIN }.collect {
                        mine += it.job.id.value
                        delay(1.seconds)
                        it.ack()
                    }
                }
            }.forEach { it.join() }
            got.flatten().sorted().shouldContainExactly(ids.map { it.value })
            got.map { it.size }.shouldContainExactly(10, 10)
        }
    }
})
