package io.pgqueuer.ktor.internal

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.Backend
import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.StoreClosedException
import io.pgqueuer.Worker
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration

class WorkerRunSpec : FunSpec({
    class Fake(private val behavior: suspend () -> Nothing) : Worker {
        override val backend: Backend = inMemoryBackend()
        var shutdowns = 0

        override suspend fun run(options: RunOptions): RunReport = behavior()

        override fun shutdown() {
            shutdowns++
        }

        override suspend fun listenerHealthy(timeout: Duration) = true
    }

    test("a run that ends with an error does not fail the application") {
        runTest { WorkerRun(Fake { throw StoreClosedException("closed") }, RunOptions.DEFAULT).run() }
    }

    test("a second stop does not skip the wait for handlers, and a worker that stops is not healthy") {
        runTest {
            val worker = Fake { awaitCancellation() }
            val run = WorkerRun(worker, RunOptions.DEFAULT)
            run.isHealthy(Duration.INFINITE) shouldBe true
            repeat(2) { run.stop() }
            worker.shutdowns shouldBe 1
            run.isHealthy(Duration.INFINITE) shouldBe false
        }
    }
})
