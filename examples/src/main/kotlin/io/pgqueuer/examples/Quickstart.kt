package io.pgqueuer.examples

import io.pgqueuer.RunMode
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import kotlin.time.Duration.Companion.seconds

/** Installs the queue in the database that [dsn] names, enqueues one job, and runs a worker until the queue is empty. */
suspend fun quickstart(dsn: String, mailer: Mailer) {
    postgresBackend(PostgresSettings.parse(dsn)).use { backend ->
        backend.schema.install()
        backend.queue.enqueue(SendReceipt, Receipt(orderId = 42, email = "ann@example.org")) { delay = 1.seconds }
        receiptWorker(backend, mailer).run { mode = RunMode.DRAIN }
    }
}
