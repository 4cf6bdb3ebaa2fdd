package io.pgqueuer.exposed

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import java.sql.Connection
import java.sql.DriverManager
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class OldestTransactionSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    beforeSpec { backend.schema.install() }
    afterSpec { backend.close() }

    fun connect(application: String): Connection =
        DriverManager.getConnection("${database.jdbcUrl}&ApplicationName=$application")

    /** Takes a snapshot, and keeps it until the end of the transaction. */
    fun Connection.begin(): String {
        autoCommit = false
        transactionIsolation = Connection.TRANSACTION_REPEATABLE_READ
        return createStatement().use { statement ->
            statement.executeQuery("SELECT pg_backend_pid()").use { rows -> rows.also { it.next() }.getString(1) }
        }
    }

    test("the transaction with the oldest snapshot is found, with its session, its age, and what began since") {
        connect("billing").use { oldest ->
            connect("reports").use { newer ->
                val pid = oldest.begin()
                // Each has a number of its own.
                repeat(3) { backend.queue.enqueue("e") }
                newer.begin()
                val found = backend.insights.oldestTransaction().shouldNotBeNull()
                found.holder shouldBe "session $pid of postgres (billing), idle in transaction"
                found.age.shouldNotBeNull() shouldBeGreaterThan Duration.ZERO
                found.age.shouldNotBeNull() shouldBeLessThan 1.minutes
                found.transactions shouldBeGreaterThanOrEqual 3
            }
        }
    }

    test("without such a transaction there is none, and a session that is idle is none") {
        connect("idle").use { idle ->
            idle.createStatement().use { it.execute("SELECT 1") }
            // A session that has just ended may still be seen.
            eventually(10.seconds) { backend.insights.oldestTransaction().shouldBeNull() }
        }
    }
})
