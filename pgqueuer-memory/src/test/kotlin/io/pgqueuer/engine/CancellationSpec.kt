package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.RunOptions
import io.pgqueuer.port.QueueEvent
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class CancellationSpec : FunSpec({
    test("canceling a running job cancels its handler at once, and no other") {
        engineTest { backend ->
            val ids = backend.queue.enqueueAll(List(3) { NewJob("e") })
            val canceled = mutableListOf<Pair<JobId, Duration>>()
            val worker = backend.worker {
                entrypoint("e") {
                    try {
                        delay(1.minutes)
                    } catch (e: CancellationException) {
                        canceled += it.id to elapsed
                        throw e
                    }
                }
            }
            val report = backgroundScope.async { worker.run(DRAIN) }
            delay(9.seconds)
            backend.queue.cancel(listOf(ids[1])).shouldContainExactly(ids[1])
            report.await().let { (it.succeeded to it.canceled) shouldBe (2L to 1L) }
            canceled.shouldContainExactly(ids[1] to 9.seconds)
            backend.statuses(ids[1]).shouldContainExactly(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.CANCELED)
        }
    }

    test("a handler that ignores its cancellation runs to its end, and the job is recorded as canceled all the same") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            var ended = false
            val worker = backend.worker {
                entrypoint("e") {
                    withContext(NonCancellable) { delay(1.minutes) }
                    ended = true
                }
            }
            val report = backgroundScope.async { worker.run(DRAIN) }
            delay(9.seconds)
            backend.queue.cancel(listOf(id))
            report.await().let { (it.succeeded to it.canceled) shouldBe (0L to 1L) }
            ended shouldBe true
            backend.statuses(id).last() shouldBe JobStatus.CANCELED
        }
    }

    test("a cancellation that overtakes the answer of the claim is not lost") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val id = real.queue.enqueue("e")
            var ran = false
            backend.faults.afterClaim = { batch ->
                if (batch.jobs.isNotEmpty()) {
                    real.queue.cancel(listOf(id))
                    delay(1.seconds)
                }
            }
            val worker = backend.worker {
                entrypoint("e") {
                    ran = true
                    awaitCancellation()
                }
            }
            worker.run(DRAIN).canceled shouldBe 1
            ran shouldBe false
        }
    }

    test("a cancellation whose notification is lost stops the handler at the next heartbeat") {
        engineTest { real ->
            val backend = FaultyBackend(real).apply { faults.deaf = true }
            val id = real.queue.enqueue("e")
            val worker = backend.worker { entrypoint("e") { awaitCancellation() } }
            val report = backgroundScope.async { worker.run(DRAIN.with { heartbeatTimeout = 30.seconds }) }
            delay(1.seconds)
            real.queue.cancel(listOf(id))
            report.await().canceled shouldBe 1
            elapsed shouldBe 10.seconds
        }
    }

    test("a job that is canceled by an event alone, as Python does, is canceled and recorded by its worker") {
        engineTest { backend ->
            val ids = backend.queue.enqueueAll(List(2) { NewJob("e") })
            val worker = backend.worker { entrypoint("e") { delay(1.minutes) } }
            val report = backgroundScope.async { worker.run(DRAIN) }
            delay(9.seconds)
            val event = QueueEvent.JobsCanceled(listOf(ids[0]), Clock.System.now(), isRecorded = false)
            backend.store.notifications.publish(event)
            report.await().run { succeeded to canceled } shouldBe (1L to 1L)
            backend.statuses(ids[0]).shouldContainExactly(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.CANCELED)
        }
    }

    test("an event alone that overtakes the answer of the claim cancels the job before its handler starts") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val id = real.queue.enqueue("e")
            backend.faults.afterClaim = { batch ->
                if (batch.jobs.isNotEmpty()) {
                    val event = QueueEvent.JobsCanceled(listOf(id), Clock.System.now(), isRecorded = false)
                    real.store.notifications.publish(event)
                    delay(1.seconds)
                }
            }
            var ran = false
            val worker = backend.worker { entrypoint("e") { ran = true } }
            worker.run(DRAIN).canceled shouldBe 1
            ran shouldBe false
            real.statuses(id).last() shouldBe JobStatus.CANCELED
        }
    }

    test("a canceled handler keeps its slot and its dedupe key until it has ended, however long that takes") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e") { dedupeKey = "k" }
            val next = backend.queue.enqueue("e")
            val started = mutableMapOf<JobId, Duration>()
            val worker = backend.worker {
                entrypoint("e", { concurrencyLimit = 1 }) {
                    started[it.id] = elapsed
                    if (it.id == id) withContext(NonCancellable) { delay(2.minutes) }
                }
            }
            val report = backgroundScope.async { worker.run(DRAIN) }
            delay(9.seconds)
            backend.queue.cancel(listOf(id))
            delay(100.seconds)
            backend.insights.job(id)?.status shouldBe JobStatus.PICKED
            shouldThrow<DuplicateJobException> { backend.queue.enqueue("e") { dedupeKey = "k" } }
            report.await().run { succeeded to canceled } shouldBe (1L to 1L)
            started.getValue(next) shouldBe 2.minutes
        }
    }

    test("a worker that is shut down records a canceled job whose handler does not end, and gives it back to nobody") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            val worker = backend.worker { entrypoint("e") { withContext(NonCancellable) { delay(1.hours) } } }
            val run = backgroundScope.async { worker.run(RunOptions { shutdownTimeout = 1.seconds }) }
            delay(9.seconds)
            val event = QueueEvent.JobsCanceled(listOf(id), Clock.System.now(), isRecorded = false)
            backend.store.notifications.publish(event)
            delay(1.seconds)
            worker.shutdown()
            run.await().canceled shouldBe 1
            backend.statuses(id).last() shouldBe JobStatus.CANCELED
        }
    }

    test("a canceled job frees its slot for the next") {
        engineTest { backend ->
            val ids = backend.queue.enqueueAll(List(2) { NewJob("e") })
            val started = mutableListOf<JobId>()
            val worker = backend.worker {
                entrypoint("e") {
                    started += it.id
                    awaitCancellation()
                }
            }
            start(worker, RunOptions { maxConcurrentTasks = 1 })
            delay(1.seconds)
            backend.queue.cancel(listOf(ids[0]))
            delay(1.seconds)
            started.shouldContainExactly(ids)
        }
    }
})
