package io.pgqueuer.examples

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.pgqueuer.RunMode
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.test.PostgresFixture
import org.postgresql.ds.PGSimpleDataSource
import java.sql.SQLException

class OrdersSpec : FunSpec({
    test("an order has one receipt, and an order that cannot be stored has no job") {
        PostgresFixture.start().use { postgres ->
            val dataSource = PGSimpleDataSource().apply { setURL(postgres.jdbcUrl) }
            dataSource.connection.use { it.createStatement().execute(ORDER_TABLES) }
            postgresBackend(PostgresSettings.parse(postgres.dsn)).use { backend ->
                backend.schema.install()

                placeOrder(dataSource, backend.queue, Order(1, "ann@example.org"))
                shouldThrow<SQLException> { placeOrder(dataSource, backend.queue, Order(1, "bob@example.org")) }
                orderWorker(backend, dataSource).run { mode = RunMode.DRAIN }
            }
            val receipts = dataSource.connection.use { connection ->
                val rows = connection.createStatement().executeQuery("SELECT text FROM receipts")
                buildList { while (rows.next()) add(rows.getString(1)) }
            }
            receipts shouldContainExactly listOf("Thank you, ann@example.org.")
        }
    }
})
