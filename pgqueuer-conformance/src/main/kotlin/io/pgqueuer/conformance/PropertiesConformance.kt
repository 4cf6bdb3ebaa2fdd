package io.pgqueuer.conformance

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.CANCELED
import io.pgqueuer.JobStatus.DELETED
import io.pgqueuer.JobStatus.EXCEPTION
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.LogLevel
import io.pgqueuer.NewJob
import io.pgqueuer.QueueProperties
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Signal
import io.pgqueuer.port.TableOperation
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.launch
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

fun propertiesConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    /** Every path that a job can take, and what each log level keeps of it. */
    class Way(
        val name: String,
        val full: List<Any>,
        val terminal: List<Any>,
        val failures: List<Any>,
        val go: suspend StoreUnderTest.() -> JobId,
    )

    val ways = listOf(
        Way("success", listOf(QUEUED, PICKED, SUCCESSFUL), listOf(SUCCESSFUL), emptyList()) {
            queue.enqueue("e").also { settle(claimOne().lease, Outcome.Succeeded) }
        },
        Way("failure", listOf(QUEUED, PICKED, EXCEPTION), listOf(EXCEPTION), listOf(EXCEPTION)) {
            queue.enqueue("e").also { settle(claimOne().lease, Outcome.Failed(failure(it))) }
        },
        Way("retry", listOf(QUEUED, PICKED, QUEUED), listOf(QUEUED), listOf(QUEUED)) {
            queue.enqueue("e").also { settle(claimOne().lease, Outcome.Retried(Duration.ZERO, failure(it))) }
        },
        Way("release", listOf(QUEUED, PICKED, QUEUED), emptyList(), emptyList()) {
            queue.enqueue("e").also { settle(claimOne().lease, Outcome.Released) }
        },
        Way("hold and requeue", listOf(QUEUED, PICKED, HELD, QUEUED), listOf(HELD), listOf(HELD)) {
            held().also { queue.requeue(listOf(it)) }
        },
        Way("cancel", listOf(QUEUED, CANCELED), listOf(CANCELED), listOf(CANCELED)) {
            queue.enqueue("e").also { queue.cancel(listOf(it)) }
        },
        Way("clear", listOf(QUEUED, DELETED), listOf(DELETED), listOf(DELETED)) {
            queue.enqueue("e").also { queue.clear("e") }
        },
        Way("poison", listOf(QUEUED, PICKED, HELD), listOf(HELD), listOf(HELD)) {
            queue.enqueue("e").also {
                claimOne()
                advance(1.minutes)
                claim(maxRescues = 1).jobs.shouldBeEmpty()
            }
        },
    )

    for (level in LogLevel.entries) {
        for (way in ways) {
            test("${way.name} at the log level ${level.label}") {
                backend.schema.change(QueueProperties { logLevel = level })
                val id = way.go(this)
                logged(id) shouldContainExactly when (level) {
                    LogLevel.FULL -> way.full
                    LogLevel.TERMINAL -> way.terminal
                    LogLevel.FAILURES -> way.failures
                }
                clearAll()
            }
        }

        test("a large batch at the log level ${level.label}") {
            backend.schema.change(QueueProperties { logLevel = level })
            val ids = queue.enqueueAll(List(10_001) { NewJob("e") })
            logged(ids.first()).size shouldBe if (level == LogLevel.FULL) 1 else 0
        }

        test("a held job keeps its failure at the log level ${level.label}") {
            backend.schema.change(QueueProperties { logLevel = level })
            val id = held()
            backend.insights.heldJobs().single().failure shouldBe failure(id)
        }
    }

    test("properties are what was agreed on last, by an install or a change") {
        backend.schema.properties() shouldBe QueueProperties.DEFAULT
        backend.insights.logLevel() shouldBe LogLevel.FULL
        val agreed = QueueProperties {
            logLevel = LogLevel.TERMINAL
            notifications = false
        }
        backend.schema.uninstall()
        backend.schema.install(agreed)
        backend.schema.properties() shouldBe agreed
        backend.insights.logLevel() shouldBe LogLevel.TERMINAL
        backend.schema.install(QueueProperties.DEFAULT)
        backend.schema.properties() shouldBe agreed
        backend.schema.change(QueueProperties.DEFAULT)
        backend.schema.properties() shouldBe QueueProperties.DEFAULT
    }

    test("completions can be awaited at the level terminal, and at failures it is refused, also while one waits") {
        coroutineScope {
            val watching = CoroutineScope(currentCoroutineContext() + Job())
            backend.completionWatcher(watching) { safetyPoll = 1.seconds }.use { watcher ->
                backend.schema.change(QueueProperties { logLevel = LogLevel.TERMINAL })
                val ended = queue.enqueue("e")
                settle(claimOne().lease, Outcome.Succeeded)
                watcher.awaitCompletion(ended) shouldBe SUCCESSFUL

                val later = queue.enqueue("e")
                val waiting = async { runCatching { watcher.awaitCompletion(later) } }
                backend.schema.change(QueueProperties { logLevel = LogLevel.FAILURES })
                val refusal = waiting.await().exceptionOrNull()
                (refusal is IllegalStateException) shouldBe true
                refusal?.message shouldContain "log level"
                shouldThrow<IllegalStateException> { watcher.awaitCompletion(later) }
                settle(claimOne().lease, Outcome.Failed(failure(later)))
                watcher.awaitCompletion(later) shouldBe EXCEPTION
            }
            watching.coroutineContext[Job]?.cancel()
        }
    }

    test("without notifications, enqueues and ends tell nobody; cancellations, retries and requeues do") {
        backend.schema.change(QueueProperties { notifications = false })
        coroutineScope {
            val heard = CopyOnWriteArrayList<Signal>()
            val listening = launch { backend.store.notifications.listen().collect(heard::add) }
            eventually(10.seconds) { heard.any { it is Signal.Listening } shouldBe true }
            val ended = queue.enqueueAll(List(2) { NewJob("e") })
            claim().jobs.forEach { settle(it.lease, Outcome.Succeeded) }
            val held = held()
            queue.requeue(listOf(held))
            settle(claimOne().lease, Outcome.Retried(Duration.ZERO, failure(held)))
            queue.cancel(listOf(held))
            eventually(10.seconds) { heard.events().last() shouldBe listOf(held) }
            heard.events() shouldContainExactly
                listOf(TableOperation.UPDATE, TableOperation.UPDATE, TableOperation.UPDATE, listOf(held))
            ended.size shouldBe 2
            listening.cancel()
        }
    }
}

private fun List<Signal>.events(): List<Any> = filterIsInstance<Signal.Received>().mapNotNull { signal ->
    when (val event = signal.event) {
        is QueueEvent.TableChanged -> event.operation

        is QueueEvent.JobsCanceled -> event.ids

        is QueueEvent.HealthCheck, is QueueEvent.SchedulesChanged, is QueueEvent.PausesChanged,
        is QueueEvent.NothingDue,
        -> null
    }
}
