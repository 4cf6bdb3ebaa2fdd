package io.pgqueuer.exposed

import io.kotest.assertions.withClue
import io.kotest.core.annotation.EnabledIf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobStatus
import io.pgqueuer.Throughput
import io.pgqueuer.test.PostgresDatabase
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes

/** The throughput of queues of which too much happened to count it. The server counts what it reads. */
@EnabledIf(PromptCounters::class)
class ThroughputSpec : FunSpec({
    suspend fun PostgresDatabase.reading(table: String, test: suspend (PostgresBackend) -> Unit): Long {
        val backend = backend { poolMaxSize = 1 }
        awaitConnections(0)
        val before = readsOf(table)
        backend.use { test(it) }
        awaitConnections(0)
        val reads = readsOf(table) - before
        withClue(reads) { reads.sequentialScans shouldBe 0 }
        return reads.byIndex.values.sum()
    }

    test("of a long log that nobody counts, a sample is read, and no window is searched from the first entry on") {
        val database = installed()
        // One entry per second, and one in the last hour for each tenth of a second; two of three are successful.
        database.log(120_000, "now() - interval '1 hour' - (120001 - i) * interval '1 second'")
        database.log(36_000, "now() - (36001 - i) * interval '0.1 second'")
        val read = database.reading("pgqueuer_log") { backend ->
            val counts = backend.insights.throughput(1.hours, atMost = 5_000)
            counts.map { Triple(it.entrypoint, it.status, it.isEstimate) } shouldContainExactly listOf(
                Triple("e", JobStatus.PICKED, true),
                Triple("e", JobStatus.SUCCESSFUL, true),
            )
            counts[0].count shouldBeInRange 10_000L..14_000L
            counts[1].count shouldBeInRange 21_000L..27_000L

            val steps = backend.insights.throughputHistory(1.hours, 10.minutes, atMost = 5_000)
                .filter { it.status == JobStatus.SUCCESSFUL }
            steps.drop(1).dropLast(1).forEach { it.count shouldBeInRange 2_400L..5_600L }
            steps.sumOf { it.count } shouldBeInRange 21_000L..27_000L
        }
        // To find the window, and to see that it is too much, takes as much again.
        read shouldBeInRange 5_000L..40_000L
    }

    test("what is few within the window is counted to the entry, however long the log before it is") {
        val database = installed()
        database.log(120_000, "now() - interval '2 hours' - (120001 - i) * interval '1 second'")
        database.log(3_000, "now() - (3001 - i) * interval '1 second'")
        val read = database.reading("pgqueuer_log") { backend ->
            backend.insights.throughput(1.hours, atMost = 5_000) shouldContainExactly listOf(
                Throughput("e", JobStatus.PICKED, 1_000),
                Throughput("e", JobStatus.SUCCESSFUL, 2_000),
            )
            backend.insights.throughput(1.minutes, atMost = 5_000).sumOf { it.count } shouldBeInRange 30L..61L
        }
        read shouldBeInRange 3_000L..40_000L
    }

    test("long statistics are sampled too, and what the log has besides is added") {
        val database = installed()
        database.execute(
            """
            INSERT INTO pgqueuer_statistics (created, count, priority, status, entrypoint)
            SELECT date_trunc('second', now() - (150000 - i) / 20 * interval '1 second'), 3, i % 20, 'successful', 'e'
            FROM generate_series(1, 150000) i
            """,
        )
        database.log(3, "now()")
        val read = database.reading("pgqueuer_statistics") { backend ->
            val counts = backend.insights.throughput(1.hours, atMost = 5_000)
            counts.map { it.status to it.isEstimate } shouldContainExactly
                listOf(JobStatus.PICKED to true, JobStatus.SUCCESSFUL to true)
            counts[0].count shouldBe 1
            counts[1].count shouldBeInRange 190_000L..240_000L
            backend.insights.throughput(10.minutes, atMost = 20_000).last().run {
                count shouldBeInRange 35_000L..36_062L
                isEstimate shouldBe false
            }
        }
        read shouldBeInRange 5_000L..60_000L
    }

    test("the newest runs are found, and a log without runs is not read to its begin") {
        val database = installed()
        database.log(60_000, "now() - interval '1 minute'")
        database.execute("UPDATE pgqueuer_log SET status = 'queued'")
        val read = database.reading("pgqueuer_log") { backend ->
            backend.insights.runTimes(1.hours, atMost = 100).shouldBeEmpty()
        }
        read shouldBeInRange 1_000L..2_000L
    }
})

private suspend fun installed(): PostgresDatabase {
    val database = TestPostgres.newDatabase()
    database.backend().use { it.schema.install() }
    database.execute(
        """
        ALTER TABLE pgqueuer_log SET (autovacuum_enabled = off);
        ALTER TABLE pgqueuer_statistics SET (autovacuum_enabled = off);
        ALTER INDEX pgqueuer_log_window SET (autosummarize = off);
        """,
    )
    return database
}

private fun PostgresDatabase.log(count: Int, created: String) = execute(
    """
    INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint)
    SELECT $created, i / 3, (CASE WHEN i % 3 = 0 THEN 'picked' ELSE 'successful' END)::pgqueuer_status, 0, 'e'
    FROM generate_series(1, $count) i
    """,
)
