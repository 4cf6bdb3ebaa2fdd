package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.NewJob
import io.pgqueuer.test.PostgresDatabase

class TableSizesSpec : FunSpec({
    /** Runs [body] on a backend of its own, and has the server count what it did. */
    suspend fun <T> PostgresDatabase.on(body: suspend (PostgresBackend) -> T): T = backend {
        prefix = "Shop_"
        schema = "jobs"
        poolMaxSize = 1
    }.use { body(it) }.also { awaitConnections(0) }

    suspend fun PostgresDatabase.rows() = on { backend -> backend.insights.tableSizes().first().rows }

    suspend fun filled(): PostgresDatabase = TestPostgres.newDatabase().also { database ->
        database.on { backend ->
            backend.schema.install()
            backend.queue.enqueueAll(List(1_000) { NewJob("e") })
        }
        // The server would remove the dead rows that a test counts.
        database.execute("ALTER TABLE jobs.shop_pgqueuer SET (autovacuum_enabled = false)")
        database.execute("ANALYZE jobs.shop_pgqueuer")
        database.awaitConnections(0)
    }

    test("tables are told by their names in the database, with what they take") {
        filled().on { backend ->
            val sizes = backend.insights.tableSizes()
            sizes.map { it.table } shouldContainExactly
                listOf("", "_log", "_statistics", "_schedules", "_pauses", "_limits").map { "shop_pgqueuer$it" }
            sizes.first().bytes.shouldNotBeNull() shouldBeGreaterThan 100_000
        }
    }

    test("rows are still told when the server lost its counters") {
        val database = filled()
        database.rows() shouldBe 1_000
        database.execute("SELECT pg_stat_reset()")
        database.rows() shouldBe 1_000
    }

    test("a queue that was drained is told as empty, whatever the last analysis saw") {
        val database = filled()
        database.on { it.clearAll() }
        // Before PostgreSQL 15, the server counts somewhat later.
        soon {
            database.on { it.insights.tableSizes().first() }.run {
                rows shouldBe 0
                deadRows shouldBe 1_000
            }
        }
    }
})
