package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RunOptions
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.delay
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class PauseSpec : FunSpec({
    val seldom = RunOptions { dequeueTimeout = 12.hours }

    test("an idle worker starts waiting jobs at the moment when their entrypoint is resumed") {
        engineTest { backend ->
            val started = CompletableDeferred<Duration>()
            backend.queue.pause("e")
            start(backend.worker { entrypoint("e") { started.complete(elapsed) } }, seldom)
            backend.queue.enqueue("e")
            delay(10.minutes)
            started.isCompleted shouldBe false
            backend.queue.resume("e")
            started.await() shouldBe 10.minutes
        }
    }

    test("an idle worker starts waiting jobs at the moment when a pause ends, not at its next poll") {
        engineTest { backend ->
            val started = CompletableDeferred<Duration>()
            start(backend.worker { entrypoint("e") { started.complete(elapsed) } }, seldom)
            backend.queue.pauseQueue { duration = 90.minutes }
            backend.queue.enqueue("e")
            started.await() shouldBe 90.minutes
        }
    }

    test("a pause that is made longer holds for all of its time") {
        engineTest { backend ->
            val started = CompletableDeferred<Duration>()
            start(backend.worker { entrypoint("e") { started.complete(elapsed) } }, seldom)
            backend.queue.pause("e") { duration = 1.hours }
            backend.queue.enqueue("e")
            delay(30.minutes)
            backend.queue.pause("e") { duration = 2.hours }
            started.await() shouldBe 150.minutes
        }
    }

    test("a running job goes on while its entrypoint is paused, and its retry waits") {
        engineTest { backend ->
            val runs = mutableListOf<Duration>()
            val id = backend.queue.enqueue("e")
            val worker = backend.worker {
                entrypoint("e", { retry = RetryPolicy.fixed(maxAttempts = 2, delay = 1.seconds) }) {
                    runs += elapsed
                    delay(1.minutes)
                    if (runs.size == 1) error("not yet")
                }
            }
            start(worker, seldom)
            delay(30.seconds)
            backend.queue.pause("e")
            delay(1.hours)
            runs shouldContainExactly listOf(Duration.ZERO)
            backend.queue.resume("e")
            delay(2.minutes)
            runs shouldContainExactly listOf(Duration.ZERO, 1.hours + 30.seconds)
            backend.statuses(id).last() shouldBe JobStatus.SUCCESSFUL
        }
    }

    test("a drain leaves what is paused, does the rest, and returns") {
        engineTest { backend ->
            backend.queue.enqueueAll(listOf(NewJob("paused"), NewJob("paused") { delay = 1.days }, NewJob("e")))
            backend.queue.pause("paused")
            val worker = backend.worker {
                entrypoint("paused") { }
                entrypoint("e") { }
            }
            worker.run(DRAIN).succeeded shouldBe 1
            elapsed shouldBe Duration.ZERO
            backend.insights.queueSize().sumOf { it.count } shouldBe 2
            backend.queue.resume("paused")
            worker.run(DRAIN).succeeded shouldBe 2
            backend.insights.queueSize().shouldBeEmpty()
        }
    }
})
