package io.pgqueuer.engine

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.NewJob
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.isActive
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.seconds

class HandlerStartSpec : FunSpec({
    test("handlers that keep their threads run on all that their dispatcher has") {
        val threads = 8
        val together = CyclicBarrier(threads)
        val backend = inMemoryBackend()
        backend.queue.enqueueAll(List(10 * threads) { NewJob("e") })
        val worker = backend.worker { entrypoint("e") { together.await(30, TimeUnit.SECONDS) } }

        Executors.newFixedThreadPool(threads).asCoroutineDispatcher().use { dispatcher ->
            worker.run(
                DRAIN.with {
                    batchSize = 100
                    handlerContext = dispatcher
                },
            ).succeeded shouldBe 10L * threads
        }
    }

    test("handlers that were started go on while others wait to be started") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(2_000) { NewJob("e") })
            val steps = mutableListOf<String>()
            val worker = backend.worker {
                entrypoint("e") {
                    steps += "start"
                    yield()
                    steps += "end"
                }
            }

            worker.run(DRAIN.with { batchSize = 2_000 }).succeeded shouldBe 2_000

            steps.indexOf("end") shouldBeLessThan steps.lastIndexOf("start")
        }
    }

    test("jobs are not kept from their handlers by a dispatcher that takes no more tasks") {
        val backend = inMemoryBackend()
        backend.queue.enqueueAll(List(3) { NewJob("e") })
        val worker = backend.worker { entrypoint("e") {} }
        val closed = Executors.newSingleThreadExecutor().asCoroutineDispatcher().apply { close() }

        val report = withTimeout(20.seconds) { worker.run(DRAIN.with { handlerContext = closed }) }

        report.succeeded shouldBe 3
    }

    test("a handler that has not suspended yet sees that its job is canceled") {
        val backend = inMemoryBackend()
        val spinning = CompletableDeferred<Unit>()
        val worker = backend.worker {
            entrypoint("spin") {
                val context = currentCoroutineContext()
                spinning.complete(Unit)
                while (context.isActive) Thread.onSpinWait()
            }
        }
        coroutineScope {
            val report = async(Dispatchers.Default) { worker.run() }
            eventually(10.seconds) { worker.listenerHealthy() shouldBe true }
            val id = backend.queue.enqueue("spin")
            spinning.await()
            backend.queue.cancel(listOf(id))
            worker.shutdown()
            report.await().canceled shouldBe 1
        }
    }
})
