package io.pgqueuer.examples.ktor

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.pgqueuer.test.PostgresDatabase
import io.pgqueuer.test.PostgresFixture
import java.sql.DriverManager
import kotlin.time.Duration.Companion.seconds

/** The example as a process of its own, as a user runs it. */
class ShopSpec : FunSpec({
    val postgres = PostgresFixture.start()
    afterSpec { postgres.close() }

    suspend fun ShopProcess.ready() = eventually(60.seconds) { status("/ready") shouldBe 200 }

    test("an order is packed, and its progress is streamed") {
        ShopProcess(postgres.newDatabase().jdbcUrl).use { shop ->
            shop.ready()
            val id = shop.order(items = 5).get().body()
            val events = shop.lines("/orders/$id/progress").filter { it.startsWith("data:") }.toList()
            events.last() shouldBe "data: packed"
            events shouldContainExactly events.sorted()
            shop.status("/queue") shouldBe 200
        }
    }

    test("SIGTERM under load loses no order and packs none twice") {
        val database = postgres.newDatabase()
        val orders = ShopProcess(database.jdbcUrl).use { shop ->
            shop.ready()
            val accepted = List(200) { shop.order(items = 50) }
            val placed = accepted.take(100).map { it.get().body().toLong() }
            shop.terminate()
            // Those whose answer did not come may be stored or not.
            placed + accepted.drop(100).mapNotNull { answer ->
                runCatching { answer.get() }.getOrNull()?.takeIf { it.statusCode() == 202 }?.body()?.toLong()
            }
        }
        val waiting = database.ids("SELECT id FROM orders WHERE packed = 0")
        waiting.shouldNotBeEmpty()
        ShopProcess(database.jdbcUrl).use { shop ->
            shop.ready()
            eventually(60.seconds) {
                database.ids("SELECT id FROM orders WHERE packed = 1").containsAll(orders) shouldBe
                    true
            }
            eventually(60.seconds) { database.ids("SELECT id FROM pgqueuer") shouldBe emptyList() }
        }
        database.ids("SELECT id FROM orders WHERE packed <> 1") shouldBe emptyList()
    }
})

private fun PostgresDatabase.ids(sql: String): List<Long> = DriverManager.getConnection(jdbcUrl).use { connection ->
    connection.createStatement().use { statement ->
        statement.executeQuery(sql).use { rows -> buildList { while (rows.next()) add(rows.getLong(1)) } }
    }
}
