package io.pgqueuer.examples

import io.pgqueuer.Backend
import io.pgqueuer.JobQueue
import io.pgqueuer.Worker
import io.pgqueuer.exposed.completeIn
import io.pgqueuer.exposed.enqueue
import io.pgqueuer.jobType
import kotlinx.serialization.Serializable
import java.sql.Connection
import javax.sql.DataSource

@Serializable
data class Order(
    val id: Long,
    val email: String,
)

val WriteReceipt = jobType<Order>("write_receipt")

const val ORDER_TABLES = """
    CREATE TABLE orders (id bigint PRIMARY KEY, email text NOT NULL);
    CREATE TABLE receipts (order_id bigint NOT NULL, text text NOT NULL);
"""

/** Stores an order and enqueues the job that writes its receipt, in one transaction: both exist afterwards, or neither. */
fun placeOrder(dataSource: DataSource, queue: JobQueue, order: Order) {
    dataSource.inTransaction { connection ->
        connection.update("INSERT INTO orders VALUES (?, ?)", order.id, order.email)
        queue.enqueue(connection, WriteReceipt.newJob(order) { dedupeKey = "receipt:${order.id}" })
    }
}

/** Writes a receipt and completes its job in one transaction: there is one receipt even if the job runs twice. */
fun orderWorker(backend: Backend, dataSource: DataSource): Worker = backend.worker {
    blockingEntrypoint(WriteReceipt) { order ->
        dataSource.inTransaction { connection ->
            connection.update("INSERT INTO receipts VALUES (?, ?)", order.id, "Thank you, ${order.email}.")
            completeIn(connection)
        }
    }
}

private fun <T> DataSource.inTransaction(block: (Connection) -> T): T = connection.use {
    it.autoCommit = false
    try {
        block(it).also { _ -> it.commit() }
    } catch (e: Throwable) {
        it.rollback()
        throw e
    }
}

private fun Connection.update(sql: String, vararg values: Any) {
    prepareStatement(sql).use { statement ->
        values.forEachIndexed { index, value -> statement.setObject(index + 1, value) }
        statement.executeUpdate()
    }
}
