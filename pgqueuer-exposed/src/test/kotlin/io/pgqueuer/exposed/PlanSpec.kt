package io.pgqueuer.exposed

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.ClaimedJob
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Waiting
import io.pgqueuer.test.PostgresDatabase

/**
 * What workers do reads about as many rows as it touches, whatever the table holds and whatever the planner believes
 * about it: counted by the server, for the statements as they are run.
 */
class PlanSpec : FunSpec({
    for (statistics in Statistics.entries) {
        test("with $statistics, claims, waits, renewals and settles of a full queue read only what they need") {
            val database = installed()
            val backend = database.backend { poolMaxSize = 1 }
            if (statistics == Statistics.OF_THE_EMPTY_TABLE) {
                // The usual state of a queue; and plans are made, and kept, while it lasts.
                repeat(WARM_UP) { backend.work() }
                database.execute("DELETE FROM pgqueuer")
                database.execute("VACUUM ANALYZE pgqueuer")
            }
            database.fill()
            if (statistics == Statistics.FRESH) database.execute("ANALYZE pgqueuer")
            val before = database.counters()

            val jobs = List(ROUNDS) { backend.work() }.flatten()

            jobs.size shouldBe ROUNDS * BATCH
            // Counters are sent when a connection ends, at the latest.
            backend.close()
            soon { database.updates() shouldBeGreaterThanOrEqual before.updates + jobs.size * 2L }
            val read = database.counters() - before
            withClue(read) {
                read.sequentialScans shouldBe 0
                read.byIndex.filterValues { it > ROUNDS * MOST_READ }.toList().shouldBeEmpty()
            }
        }
    }

    test("a claim that finds nothing due tells when to look again, in no time, past 260,000 rows of others") {
        val database = installed()
        val backend = database.backend { poolMaxSize = 1 }
        database.fill()
        val before = database.counters()
        repeat(ROUNDS) {
            val seen = backend.claim(ClaimTarget("later"), ClaimTarget("none")).waiting as Waiting.Seen
            seen.due shouldBe false
            seen.queued shouldBe true
        }
        backend.close()
        soon { (database.counters() - before).byIndex.values.sum() shouldBeGreaterThanOrEqual 1L }
        val read = database.counters() - before
        withClue(read) {
            read.sequentialScans shouldBe 0
            read.byIndex.values.sum() shouldBeLessThan 20L * ROUNDS
        }
    }
})

/** A queue without autovacuum, which would better the statistics. */
private suspend fun installed(): PostgresDatabase {
    val database = TestPostgres.newDatabase()
    database.backend().use { it.schema.install() }
    database.execute("ALTER TABLE pgqueuer SET (autovacuum_enabled = off)")
    // Each index was built by a sequential scan, which counts once its connection has ended.
    soon { database.counters().run { sequentialScans shouldBe byIndex.size } }
    return database
}

private enum class Statistics { FRESH, NONE, OF_THE_EMPTY_TABLE }

private const val WARM_UP = 8
private const val ROUNDS = 20
private const val BATCH = 20

/** Of an index, by one round of all statements over a batch: candidates, updates, fences, and some to spare. */
private const val MOST_READ = BATCH * 15L

/** One round of everything a worker does, each statement at least once. */
private suspend fun PostgresBackend.work(): List<ClaimedJob> {
    val targets = listOf("now", "limited", "later").map {
        if (it == "limited") limited(it, 60_000) else ClaimTarget(it)
    }
    val worker = newWorker()
    val claimed = claim(*targets.toTypedArray(), limit = BATCH, worker = worker).jobs
    claim(ClaimTarget("later"), limit = 1, worker = worker)
    val leases = claimed.map { it.lease }
    store.jobs.renew(leases).held shouldBe leases.toSet()
    val (ending, staying) = claimed.partition { it.job.id.value % 2 == 0L }
    store.jobs.settle(
        ending.map { Settlement(it.lease, Outcome.Succeeded) } + staying.map { Settlement(it.lease, Outcome.Released) },
    ) shouldBe leases.toSet()
    return claimed
}

/** A lot of all that can be in a queue: due, deferred, picked, held, and of entrypoints that nobody claims here. */
private fun PostgresDatabase.fill() = execute(
    """
    INSERT INTO pgqueuer (entrypoint, priority, status, created, execute_after, queue_manager_id)
    SELECT (ARRAY['now', 'limited', 'other'])[1 + i % 3], i % 5, 'queued'::pgqueuer_status, now(), now(), NULL::uuid
    FROM generate_series(1, 150000) i
    UNION ALL
    SELECT (ARRAY['now', 'later', 'other'])[1 + i % 3], i % 5, 'queued', now(), now() + i * interval '1 second' +
        interval '1 hour', NULL
    FROM generate_series(1, 100000) i
    UNION ALL
    SELECT (ARRAY['now', 'limited', 'other'])[1 + i % 3], 0, 'picked', now(), now(), gen_random_uuid()
    FROM generate_series(1, 300) i
    UNION ALL
    SELECT 'now', 0, 'failed', now(), now(), NULL FROM generate_series(1, 10000) i
    """,
)

private class Counters(
    val sequentialScans: Long,
    val updates: Long,
    val byIndex: Map<String, Long>,
) {
    operator fun minus(other: Counters) = Counters(
        sequentialScans - other.sequentialScans,
        updates - other.updates,
        byIndex.mapValues { (index, read) -> read - other.byIndex.getValue(index) },
    )

    override fun toString() = "$sequentialScans sequential scans, $updates updates, index entries read: $byIndex"
}

private fun PostgresDatabase.updates() = counters().updates

private fun PostgresDatabase.counters(): Counters = connect().use { connection ->
    val (scans, updates) = connection
        .texts("SELECT unnest(ARRAY[seq_scan, n_tup_upd]) FROM pg_stat_user_tables WHERE relname = 'pgqueuer'")
        .map { it!!.toLong() }
    val indexes = connection
        .texts("SELECT indexrelname || ' ' || idx_tup_read FROM pg_stat_user_indexes WHERE relname = 'pgqueuer'")
        .associate { it!!.substringBefore(' ') to it.substringAfter(' ').toLong() }
    Counters(scans, updates, indexes)
}
