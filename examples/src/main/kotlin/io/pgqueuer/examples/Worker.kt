package io.pgqueuer.examples

import io.pgqueuer.Backend
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.Worker
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.jobType
import io.pgqueuer.resource
import kotlinx.serialization.Serializable
import kotlin.time.Duration.Companion.seconds

/** Sends mails. Tests use one that sends nothing. */
fun interface Mailer {
    suspend fun send(to: String, text: String)
}

@Serializable
data class Receipt(
    val orderId: Long,
    val email: String,
)

/** Producers and workers share it: `queue.enqueue(SendReceipt, Receipt(42, "ann@example.org"))`. */
val SendReceipt = jobType<Receipt>("send_receipt")

/** Sends receipts through [mailer], retries if that fails, and holds what cannot be sent. */
fun WorkerBuilder.receipts(mailer: Mailer) {
    resources { put<Mailer>(mailer) }
    entrypoint(SendReceipt, {
        concurrencyLimit = 5
        timeout = 30.seconds
        retry = RetryPolicy.exponential(maxAttempts = 5)
        onFailure = OnFailure.HOLD
    }) { receipt ->
        resource<Mailer>().send(receipt.email, "Thank you for order ${receipt.orderId}.")
    }
}

fun receiptWorker(backend: Backend, mailer: Mailer): Worker = backend.worker { receipts(mailer) }

/**
 * The worker that `pgq run` starts:
 *
 * ```
 * ./pgq run io.pgqueuer.examples.WorkerKt::worker -cp examples/target/classes
 * ./pgq queue send_receipt '{"orderId": 42, "email": "ann@example.org"}'
 * ```
 */
fun worker(backend: Backend): Worker = receiptWorker(backend) { to, text -> println("to $to: $text") }
