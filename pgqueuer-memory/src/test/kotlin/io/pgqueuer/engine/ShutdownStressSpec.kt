package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.pgqueuer.PgQueuer
import io.pgqueuer.RunOptions
import io.pgqueuer.domain.JobStatus
import io.pgqueuer.domain.NewJob
import io.pgqueuer.memory.inMemory
import io.pgqueuer.pgQueuer
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.seconds

/** On real threads, with more of them than cores: orders of events that one thread never shows. */
class ShutdownStressSpec : FunSpec({
    /** Runs [cycles] of a worker that is shut down while its jobs end, and returns how many runs were not written. */
    suspend fun dropped(cycles: Int, handlers: CoroutineDispatcher): Int {
        var dropped = 0
        repeat(cycles) { cycle ->
            val backend = PgQueuer.inMemory()
            val ids = backend.queue.enqueueAll(List(8) { NewJob("e") })
            val runs = AtomicInteger()
            val begun = CountDownLatch(1 + cycle % 8)
            val worker = pgQueuer(backend) {
                entrypoint("e") {
                    runs.incrementAndGet()
                    begun.countDown()
                }
            }
            coroutineScope {
                val run = launch(Dispatchers.Default) {
                    worker.run(RunOptions(handlerContext = handlers, shutdownTimeout = 30.seconds))
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
