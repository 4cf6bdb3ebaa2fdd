package io.pgqueuer.examples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.pgqueuer.test.inMemoryPgQueuer
import kotlinx.coroutines.test.runTest
import java.io.IOException

class WorkerSpec : FunSpec({
    test("a receipt is sent once although the first attempts fail") {
        runTest {
            val sent = mutableListOf<String>()
            var tries = 0
            val pgq = inMemoryPgQueuer {
                receipts { to, text ->
                    if (++tries < 3) throw IOException("the mail server is away")
                    sent += "$to: $text"
                }
            }

            pgq.queue.enqueue(SendReceipt, Receipt(orderId = 42, email = "ann@example.org"))
            val report = pgq.drain()

            sent shouldContainExactly listOf("ann@example.org: Thank you for order 42.")
            report.succeeded shouldBe 1
            report.retried shouldBe 2
        }
    }

    test("a receipt that cannot be sent is held after its last attempt, and sent once it is requeued") {
        runTest {
            val sent = mutableListOf<String>()
            var away = true
            val pgq = inMemoryPgQueuer {
                receipts { to, _ ->
                    if (away) throw IOException("the mail server is away")
                    sent += to
                }
            }
            val id = pgq.queue.enqueue(SendReceipt, Receipt(orderId = 43, email = "bob@example.org"))

            pgq.drain().retried shouldBe 4
            sent.shouldBeEmpty()
            pgq.heldJobs().map { it.job.id } shouldContainExactly listOf(id)

            away = false
            pgq.queue.requeue(listOf(id))
            pgq.drain().succeeded shouldBe 1
            sent shouldContainExactly listOf("bob@example.org")
        }
    }
})
