package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.conformance.Stress
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.random.Random
import kotlin.time.Duration.Companion.seconds

/** On real threads, with more of them than cores: orders of events that one thread never shows. */
class ShutdownStressSpec : FunSpec({
    /** Runs [cycles] of a worker that is shut down while its jobs end, and returns how many runs were not written. */
    suspend fun dropped(cycles: Int, handlers: CoroutineDispatcher): Int {
        var dropped = 0
        Stress.cycles(cycles) { cycle ->
            val backend = inMemoryBackend()
            val ids = backend.queue.enqueueAll(List(8) { NewJob("e") })
            val runs = AtomicInteger()
            val begun = CountDownLatch(1 + cycle % 8)
            val worker = backend.worker {
                entrypoint("e") {
                    runs.incrementAndGet()
                    begun.countDown()
                }
            }
            coroutineScope {
                val run = launch(Dispatchers.Default) {
                    worker.run {
                        handlerContext = handlers
                        shutdownTimeout = 30.seconds
                    }
                }
                withContext(Dispatchers.IO) { begun.await() }
                worker.shutdown()
                run.join()
            }
            val written = ids.count { backend.insights.log(it).last().status == JobStatus.SUCCESSFUL }
            backend.insights.queueSize().filter { it.status == JobStatus.PICKED }.shouldBeEmpty()
            dropped += runs.get() - written
        }
        return dropped
    }

    test("jobs that are canceled while they start, run and end each end once, and leave nothing behind") {
        Stress.cycles(200) { seed ->
            val backend = inMemoryBackend()
            val ids = backend.queue.enqueueAll(List(40) { NewJob("e") })
            val begun = CountDownLatch(1)
            val worker = backend.worker {
                entrypoint("e") {
                    begun.countDown()
                    yield()
                }
            }
            val report = coroutineScope {
                val run = async(Dispatchers.Default) { worker.run(DRAIN.with { batchSize = 10 }) }
                withContext(Dispatchers.IO) { begun.await() }
                ids.shuffled(Random(seed)).map { id ->
                    async(Dispatchers.Default) { backend.queue.cancel(listOf(id)) }
                }.awaitAll()
                run.await()
            }
            val ends = ids.map { id -> backend.insights.log(id).filter { it.status.isTerminal }.map { it.status } }
            ends.filterNot { it.size == 1 }.shouldBeEmpty()
            backend.insights.queueSize().shouldBeEmpty()
            report.succeeded shouldBe ends.count { it.single() == JobStatus.SUCCESSFUL }.toLong()
            report.leasesLost shouldBe 0
        }
    }

    test("a graceful shutdown writes the outcome of every run, however its threads interleave") {
        val pool = Executors.newFixedThreadPool(4 * Runtime.getRuntime().availableProcessors())
        val busy = List(2 * Runtime.getRuntime().availableProcessors()) {
            thread(isDaemon = true) { while (!Thread.currentThread().isInterrupted) Thread.onSpinWait() }
        }
        try {
            dropped(cycles = 2_000, handlers = pool.asCoroutineDispatcher()) shouldBe 0
        } finally {
            busy.forEach(Thread::interrupt)
            pool.shutdownNow()
        }
    }
})
