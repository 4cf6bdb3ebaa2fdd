package io.pgqueuer.examples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.pgqueuer.PgQueuer
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.memory.inMemory
import kotlinx.coroutines.test.runTest
import java.io.IOException

class WorkerSpec : FunSpec({
    test("a receipt is sent once, though the first tries fail") {
        runTest {
            val backend = PgQueuer.inMemory()
            val sent = mutableListOf<String>()
            var tries = 0
            val worker = receiptWorker(backend) { to, text ->
                if (++tries < 3) throw IOException("the mail server is away")
                sent += "$to: $text"
            }

            worker.queue.enqueue(SendReceipt, Receipt(orderId = 42, email = "ann@example.org"))
            val report = worker.run(RunOptions(mode = RunMode.DRAIN))

            sent shouldContainExactly listOf("ann@example.org: Thank you for order 42.")
            report.succeeded shouldBe 1
            report.retried shouldBe 2
        }
    }

    test("a receipt that cannot be sent is held after its last attempt, and sent once it is requeued") {
        runTest {
            val backend = PgQueuer.inMemory()
            val sent = mutableListOf<String>()
            var away = true
            val worker = receiptWorker(backend) { to, _ ->
                if (away) throw IOException("the mail server is away")
                sent += to
            }
            val id = worker.queue.enqueue(SendReceipt, Receipt(orderId = 43, email = "bob@example.org"))

            worker.run(RunOptions(mode = RunMode.DRAIN)).retried shouldBe 4
            sent.shouldBeEmpty()
            worker.queue.failedJobs().map { it.job.id } shouldContainExactly listOf(id)

            away = false
            worker.queue.requeue(listOf(id))
            worker.run(RunOptions(mode = RunMode.DRAIN)).succeeded shouldBe 1
            sent shouldContainExactly listOf("bob@example.org")
        }
    }
})
