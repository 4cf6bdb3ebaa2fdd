package io.pgqueuer.examples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.RunMode
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import kotlin.time.Duration.Companion.minutes

@OptIn(ExperimentalCoroutinesApi::class)
class RetryAndHoldSpec : FunSpec({
    test("a busy provider is asked again when it says, a network failure is retried, and a refusal is held") {
        runTest {
            val backend = inMemoryBackend()
            val answers = ArrayDeque(
                listOf({ Answer.Busy(30.minutes) }, { throw IOException("reset") }, { Answer.Paid }),
            )
            val worker = paymentWorker(backend) { card ->
                if (card == "stolen") Answer.Refused("card is blocked") else answers.removeFirst()()
            }
            backend.queue.enqueue("charge", "good".encodeToByteArray())
            backend.queue.enqueue("charge", "stolen".encodeToByteArray())
            val report = worker.run { mode = RunMode.DRAIN }

            listOf(report.succeeded, report.retried, report.held) shouldBe listOf(1L, 2L, 1L)
            (currentTime / 60_000) shouldBe 30
            backend.queue.heldJobs().single().failure.shouldNotBeNull().message shouldBe "refused: card is blocked"
        }
    }
})
