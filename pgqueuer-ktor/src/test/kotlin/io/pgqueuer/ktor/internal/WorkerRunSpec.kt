package io.pgqueuer.ktor.internal

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.pgqueuer.Backend
import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.SchemaException
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.Worker
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes

/** Times are in seconds of virtual time. */
@OptIn(ExperimentalCoroutinesApi::class)
class WorkerRunSpec : FunSpec({
    class Failing(private val behavior: suspend () -> Nothing) : Worker {
        override val backend: Backend = inMemoryBackend()
        var shutdowns = 0

        override suspend fun run(options: RunOptions): RunReport = behavior()

        override fun shutdown() {
            shutdowns++
        }

        override suspend fun listenerHealthy(timeout: Duration) = false
    }

    test("a worker whose run fails starts again, with a growing wait, until it is stopped") {
        runTest {
            val starts = mutableListOf<Long>()
            val run = WorkerRun(
                Failing {
                    starts += currentTime / 1_000
                    throw StoreUnavailableException("the database is down")
                },
                RunOptions.DEFAULT,
            )
            val job = launch { run.run() }
            advanceTimeBy(2.minutes)
            starts shouldContainExactly listOf(0L, 1L, 3L, 7L, 15L, 31L, 61L, 91L)
            run.stop()
            runCurrent()
            job.isCompleted shouldBe true
        }
    }

    test("a worker that cannot run with its schema is not started again") {
        runTest {
            var starts = 0
            WorkerRun(
                Failing {
                    starts++
                    throw SchemaException("the queue is not installed")
                },
                RunOptions.DEFAULT,
            ).run()
            starts shouldBe 1
        }
    }

    test("a second stop does not skip the wait for handlers") {
        runTest {
            val worker = Failing { awaitCancellation() }
            val run = WorkerRun(worker, RunOptions.DEFAULT)
            repeat(2) { run.stop() }
            worker.shutdowns shouldBe 1
        }
    }
})
