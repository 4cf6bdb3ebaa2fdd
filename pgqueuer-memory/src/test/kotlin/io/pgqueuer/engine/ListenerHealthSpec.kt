package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.Backend
import io.pgqueuer.JobStatus
import io.pgqueuer.RunOptions
import io.pgqueuer.StoreUnavailableException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

class ListenerHealthSpec : FunSpec({
    fun Backend.testWorker() = worker { entrypoint("e") { } }

    test("a worker that hears what is sent is healthy, and one that does not run is not") {
        engineTest { backend ->
            val worker = backend.testWorker()
            worker.listenerHealthy() shouldBe false
            val run = start(worker)
            delay(1.seconds)
            worker.listenerHealthy() shouldBe true
            worker.shutdown()
            run.join()
            worker.listenerHealthy() shouldBe false
            elapsed shouldBe 1.seconds
        }
    }

    test("a worker that hears nothing is unhealthy once the timeout is over") {
        engineTest { real ->
            val worker = FaultyBackend(real).apply { faults.deaf = true }.testWorker()
            start(worker)
            delay(1.seconds)
            worker.listenerHealthy(3.seconds) shouldBe false
            elapsed shouldBe 4.seconds
            worker.listenerHealthy() shouldBe false
            elapsed shouldBe 9.seconds
        }
    }

    test("a worker whose store is away is unhealthy") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val worker = backend.testWorker()
            start(worker)
            delay(1.seconds)
            backend.faults.beforePublish = { throw StoreUnavailableException("away") }
            worker.listenerHealthy() shouldBe false
        }
    }

    test("a listener that only seems to listen is found out, and shuts the worker down where that is asked for") {
        engineTest { real ->
            val broken = FaultyBackend(real).apply { faults.muted = true }
            val run = backgroundScope.async { broken.testWorker().run { shutdownOnListenerFailure = true } }
            val patient = start(FaultyBackend(real).apply { faults.muted = true }.testWorker())
            run.await().succeeded shouldBe 0
            elapsed shouldBe 10.seconds
            delay(1.hours)
            patient.isActive shouldBe true
        }
    }

    test(
        "a worker that does not listen polls, is told of a cancellation at the next renewal, and is healthy by its claims",
    ) {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val started = CompletableDeferred<Unit>()
            val canceled = CompletableDeferred<Duration>()
            val worker = backend.worker {
                entrypoint("e") {
                    started.complete(Unit)
                    try {
                        awaitCancellation()
                    } finally {
                        canceled.complete(elapsed)
                    }
                }
            }
            start(
                worker,
                RunOptions {
                    listen = false
                    dequeueTimeout = 5.seconds
                },
            )
            backend.faults.beforePublish = { throw StoreUnavailableException("away") }
            delay(1.seconds)
            val id = real.queue.enqueue("e")
            started.await()
            elapsed shouldBe 5.seconds
            worker.listenerHealthy() shouldBe true
            real.queue.cancel(listOf(id))
            canceled.await() shouldBeLessThanOrEqualTo 15.seconds
            delay(1.seconds)
            real.insights.lastStatuses(listOf(id)).values.single() shouldBe JobStatus.CANCELED
        }
    }

    test("a worker that does not listen has no listener that can fail") {
        shouldThrow<IllegalArgumentException> {
            RunOptions {
                listen = false
                shutdownOnListenerFailure = true
            }
        }.message shouldContain "shutdownOnListenerFailure needs listen"
    }

    test("a probe that cannot be sent shuts nothing down") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforePublish = { throw StoreUnavailableException("away") }
            val run = start(backend.testWorker(), RunOptions { shutdownOnListenerFailure = true })
            delay(1.hours)
            run.isActive shouldBe true
        }
    }

    test("a timeout that is not positive is refused") {
        engineTest { backend ->
            shouldThrow<IllegalArgumentException> {
                backend.testWorker().listenerHealthy(Duration.ZERO)
            }.message shouldBe
                "timeout must be > 0, was 0s"
        }
    }
})
