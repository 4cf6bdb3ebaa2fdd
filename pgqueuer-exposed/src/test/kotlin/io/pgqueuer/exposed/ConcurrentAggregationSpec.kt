package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.NewJob
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import io.pgqueuer.test.PostgresDatabase
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import kotlin.time.Duration.Companion.days

class ConcurrentAggregationSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val one = database.backend()
    val two = database.backend()
    beforeSpec { one.schema.install() }
    beforeTest { database.execute("TRUNCATE pgqueuer, pgqueuer_log, pgqueuer_statistics") }
    afterSpec {
        one.close()
        two.close()
    }

    suspend fun work() = repeat(ROUNDS) { round ->
        one.queue.enqueueAll(List(BATCH) { NewJob("e${it % 3}") { priority = it % 2 } })
        val targets = Array(3) { ClaimTarget("e$it") }
        val claimed = one.claim(*targets, limit = BATCH).jobs
        val outcome = if (round % 2 == 0) Outcome.Succeeded else Outcome.Released
        two.store.jobs.settle(claimed.map { Settlement(it.lease, outcome) })
    }

    test("while jobs come and go, two processes and Python's count each row of the log once") {
        coroutineScope {
            val working = async(Dispatchers.Default) { work() }
            for (backend in listOf(one, two)) {
                launch(Dispatchers.Default) {
                    while (working.isActive) {
                        backend.store.maintenance.aggregate(limit = 37)
                        backend.store.maintenance.prune(1.days, after = 0, limit = 100)
                        yield()
                    }
                }
            }
            launch(Dispatchers.IO) {
                database.connect().readCommitted().use { python ->
                    while (working.isActive) python.execute(PYTHON_AGGREGATION)
                }
            }
        }
        database.texts(COUNTED_ROWS) shouldContainExactlyInAnyOrder database.texts(COUNTS)
        while (one.store.maintenance.aggregate(limit = 1_000) != 0) yield()
        database.text("SELECT count(*) FROM pgqueuer_log WHERE NOT aggregated") shouldBe "0"
        database.texts(COUNTED_ROWS) shouldContainExactlyInAnyOrder database.texts(COUNTS)
    }

    test("one who counts keeps the others from it, and whom Python is before comes back later") {
        one.queue.enqueue("e")
        database.connect().use { python ->
            python.autoCommit = false
            python.execute(PYTHON_AGGREGATION)
            one.store.maintenance.aggregate(limit = 10).shouldBeNull()
            python.commit()
        }
        one.store.maintenance.aggregate(limit = 10) shouldBe 0
        one.queue.enqueue("e")
        database.holdingAggregation { two.store.maintenance.aggregate(limit = 10).shouldBeNull() }
        two.store.maintenance.aggregate(limit = 10) shouldBe 1
    }

    test("queues of different prefixes do not keep each other from counting") {
        database.backend {
            prefix = "other_"
            poolMaxSize = 2
        }.use { other ->
            other.schema.install()
            other.queue.enqueue("e")
            database.holdingAggregation { other.store.maintenance.aggregate(limit = 10) shouldBe 1 }
        }
    }
})

private const val ROUNDS = 60
private const val BATCH = 50

private const val COUNTS =
    "SELECT concat_ws(' ', entrypoint, priority, status, sum(count)) FROM pgqueuer_statistics GROUP BY entrypoint, " +
        "priority, status"

private const val COUNTED_ROWS =
    "SELECT concat_ws(' ', entrypoint, priority, status, count(*)) FROM pgqueuer_log WHERE aggregated " +
        "GROUP BY entrypoint, priority, status"

/** As Python PgQueuer counts the log: by one snapshot, the statistics first. */
private const val PYTHON_AGGREGATION = """
    WITH counted AS (
        SELECT entrypoint, priority, status, count(*) AS count, date_trunc('sec', created) AS created
        FROM pgqueuer_log
        WHERE NOT aggregated
        GROUP BY entrypoint, priority, status, date_trunc('sec', created)
    ), marked AS (
        UPDATE pgqueuer_log SET aggregated = true WHERE NOT aggregated
    )
    INSERT INTO pgqueuer_statistics (count, created, entrypoint, priority, status)
    SELECT count, created, entrypoint, priority, status FROM counted
    ON CONFLICT (priority, date_trunc('sec', created AT TIME ZONE 'UTC'), status, entrypoint)
    DO UPDATE SET count = pgqueuer_statistics.count + excluded.count
"""

private suspend fun PostgresDatabase.holdingAggregation(body: suspend () -> Unit) = connect().use { holder ->
    holder.autoCommit = false
    holder.execute("SELECT pg_advisory_xact_lock('pgqueuer_log'::regclass::oid::int, 0)")
    body()
    holder.commit()
}
