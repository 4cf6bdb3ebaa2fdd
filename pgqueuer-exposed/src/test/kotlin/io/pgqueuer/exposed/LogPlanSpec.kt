package io.pgqueuer.exposed

import io.kotest.assertions.withClue
import io.kotest.core.annotation.EnabledIf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.test.PostgresDatabase
import kotlin.time.Duration.Companion.days

/**
 * Upkeep of the log and the look at jobs' last status read about as many rows as they return, however long the log,
 * whatever the planner believes about it, and whatever Python's indexes tempt it to: counted by the server.
 */
@EnabledIf(PromptCounters::class)
class LogPlanSpec : FunSpec({
    for (statistics in LogStatistics.entries) {
        test("with $statistics, a long log is counted, pruned and asked by index, in what each step needs") {
            val database = installed()
            val backend = database.backend { poolMaxSize = 1 }
            if (statistics.ofEarlier != null) {
                database.execute(statistics.ofEarlier)
                database.execute("VACUUM ANALYZE pgqueuer_log")
                // Plans are made, and kept, while this lasts.
                repeat(WARM_UP) {
                    backend.look(11L..20L)
                    backend.store.maintenance.aggregate(1)
                    backend.store.maintenance.prune(1.days, 0, 1)
                }
                database.execute("DELETE FROM pgqueuer_log; DELETE FROM pgqueuer_statistics")
            }
            database.fill()
            if (statistics == LogStatistics.FRESH) database.execute("ANALYZE pgqueuer_log")
            val start = database.text("SELECT min(id) - 1 FROM pgqueuer_log")!!.toLong()
            database.awaitConnections(if (statistics.ofEarlier == null) 0 else 1)
            val before = database.readsOf(LOG)

            repeat(ROUNDS) { round ->
                val first = FIRST_JOB + round * STEP
                backend.look(first..<first + STEP) shouldBe STEP
                backend.store.maintenance.aggregate(STEP) shouldBe STEP
            }
            var after: Long? = start
            repeat(ROUNDS) {
                val step = backend.store.maintenance.prune(1.days, after!!, STEP)
                step.deleted shouldBe STEP
                after = step.last
            }

            backend.close()
            database.awaitConnections(0)
            val reads = database.readsOf(LOG) - before
            withClue(reads) {
                reads.sequentialScans shouldBe 0
                reads.byIndex.filterValues { it > ROUNDS * STEP * MOST_READ }.toList().shouldBeEmpty()
            }
        }
    }
})

private enum class LogStatistics(val ofEarlier: String? = null) {
    FRESH,
    NONE,
    OF_THE_EMPTY_LOG("SELECT"),
    OF_A_LOG_OF_ONE_JOB(
        """
        INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint)
        SELECT 1, 'queued', 0, 'e' FROM generate_series(1, 500)
        """,
    ),
}

private const val WARM_UP = 8
private const val ROUNDS = 5
private const val STEP = 100
private const val FIRST_JOB = 20_000L
private const val LOG = "pgqueuer_log"

/** Of an index, for each row that a step is about. */
private const val MOST_READ = 5L

private suspend fun PostgresBackend.look(ids: LongRange): Int =
    insights.lastStatuses(ids.map(::JobId)).values.count { it == JobStatus.SUCCESSFUL }

/**
 * With Python's indexes beside ours, and without autovacuum: it would better the statistics, and its summaries of ranges
 * of the log are counted as sequential scans.
 */
private suspend fun installed(): PostgresDatabase {
    val database = TestPostgres.newDatabase()
    database.backend().use { it.schema.install() }
    database.execute(
        """
        ALTER TABLE pgqueuer_log SET (autovacuum_enabled = off);
        ALTER INDEX pgqueuer_log_window SET (autosummarize = off);
        """,
    )
    database.createPythonsIndexes(LOG)
    return database
}

/** A long log of jobs that ended days ago, which is counted but for its end. */
private fun PostgresDatabase.fill() = execute(
    """
        INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint, aggregated)
        SELECT now() - interval '3 days' + i * interval '1 second', i / 3,
            (ARRAY['queued', 'picked', 'successful'])[1 + i % 3]::pgqueuer_status, 0, 'e', i < 180000
        FROM generate_series(1, 200000) i
        """,
)
