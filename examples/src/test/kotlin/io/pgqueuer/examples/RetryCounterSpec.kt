package io.pgqueuer.examples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RunMode
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.test.runTest

class RetryCounterSpec : FunSpec({
    test("retries are counted by entrypoint, and failures for good are not") {
        runTest {
            val backend = inMemoryBackend()
            val counter = RetryCounter()
            backend.queue.enqueue("flaky")
            backend.queue.enqueue("broken")
            backend.worker {
                observe(counter)
                entrypoint("flaky", { retry = RetryPolicy.exponential(maxAttempts = 4) }) {
                    if (attempt < 3) error("not yet")
                }
                entrypoint("broken", { retry = RetryPolicy.NONE }) { error("never") }
            }.run { mode = RunMode.DRAIN }

            counter.of("flaky") shouldBe 2
            counter.of("broken") shouldBe 0
        }
    }
})
