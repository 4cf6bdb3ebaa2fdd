package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.pgqueuer.Backlog
import io.pgqueuer.test.PostgresDatabase
import kotlin.time.Duration.Companion.minutes

/** The backlog of queues that are too long to count. */
class BacklogSpec : FunSpec({
    test("a long queue is estimated from a sample, and what is few is counted") {
        val database = TestPostgres.newDatabase()
        database.backend().use { backend ->
            backend.schema.install()
            // More than 16 MiB, in an order that differs from that of the entrypoints.
            database.insert("'long' || i % 3", count = 90_000, payload = "convert_to(repeat('x', 500), 'UTF8')")
            database.insert("'few'", count = 3, created = "now() - interval '1 hour'")
            database.insert("'deferred'", count = 30_000, runAt = "now() + interval '1 day'")
            database.execute("UPDATE pgqueuer SET status = 'picked' WHERE id % 9000 = 0")

            val backlog = backend.insights.backlog().associateBy(Backlog::entrypoint)
            backlog.keys.toList() shouldContainExactly listOf("deferred", "few", "long0", "long1", "long2")
            for (name in listOf("long0", "long1", "long2")) {
                backlog.getValue(name).run {
                    queued shouldBeInRange 25_000L..35_000L
                    due shouldBeInRange 25_000L..35_000L
                    isEstimate shouldBe true
                }
            }
            backlog.values.sumOf { it.running } shouldBe 13
            backlog.getValue("deferred").run {
                queued shouldBeInRange 20_000L..40_000L
                due shouldBe 0
            }
            backlog.getValue("few").run {
                listOf(queued, due) shouldBe listOf(3L, 3L)
                isEstimate shouldBe false
                overdue shouldBeGreaterThanOrEqualTo 60.minutes
            }
        }
    }

    test("a queue of few pages is counted in full, however many jobs it has") {
        val database = TestPostgres.newDatabase()
        database.backend().use { backend ->
            backend.schema.install()
            database.insert("'e'", count = 20_000)
            database.execute("UPDATE pgqueuer SET status = 'failed' WHERE id <= 12000")
            // The oldest job has the lowest priority: jobs of higher ones keep it waiting.
            database.execute(
                "UPDATE pgqueuer SET priority = -1, created = now() - interval '2 h', " +
                    "execute_after = now() - interval '2 h' WHERE id = 15000",
            )

            backend.insights.backlog().single().run {
                listOf(queued, due, running, held) shouldBe listOf(8_000L, 8_000L, 0L, 12_000L)
                isEstimate shouldBe false
                overdue shouldBeGreaterThanOrEqualTo 120.minutes
            }
        }
    }
})

private fun PostgresDatabase.insert(
    entrypoint: String,
    count: Int,
    payload: String = "NULL",
    created: String = "now()",
    runAt: String = created,
) = execute(
    "INSERT INTO pgqueuer (priority, status, entrypoint, payload, created, execute_after) " +
        "SELECT 0, 'queued', $entrypoint, $payload, $created, $runAt FROM generate_series(1, $count) AS i",
)
