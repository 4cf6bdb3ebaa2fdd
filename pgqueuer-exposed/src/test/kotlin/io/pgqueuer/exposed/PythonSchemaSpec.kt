package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.maps.shouldBeEmpty
import io.kotest.matchers.maps.shouldContainKey
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.DifferenceType
import io.pgqueuer.FailureRecord
import io.pgqueuer.NewJob
import io.pgqueuer.PythonIndexes
import io.pgqueuer.SchemaException
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.ScheduleTarget
import io.pgqueuer.port.Settlement
import io.pgqueuer.test.PostgresDatabase
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/** Upgrades of what the versions of Python PgQueuer install, and how our own schema looks to Python's upgrade. */
class PythonSchemaSpec : FunSpec({
    suspend fun <T> PostgresDatabase.use(block: suspend (PostgresBackend) -> T): T =
        backend { poolMaxSize = 2 }.use { block(it) }

    test("Python's upgrade finds nothing to do for the objects that an install creates") {
        val python = TestPostgres.newDatabase().also(PythonSchema.V2_0::install).catalog()
        val ours = TestPostgres.newDatabase()
        ours.use { it.schema.install() }
        val catalog = ours.catalog()
        val lacking = python.keys - catalog.keys
        lacking.filterNot { it.startsWith("index ") } shouldBe emptyList()
        lacking.map { it.removePrefix("index ") }.sorted() shouldContainExactly ONLY_PYTHONS
        python.filter { (name, definition) -> name !in lacking && catalog[name] != definition }.shouldBeEmpty()
    }

    for (version in PythonSchema.entries) {
        test("an upgrade of $version keeps its jobs, and everything works after it") {
            val database = TestPostgres.newDatabase().also(version::install)
            database.execute(ROWS)
            database.execute(UNDECLARED)
            val before = database.catalog()
            database.use { backend ->
                shouldThrow<SchemaException> { backend.schema.verify() }.message shouldContain "pgq upgrade"

                backend.schema.upgrade()
                val leftOvers = backend.schema.verify()
                leftOvers.map { it.name } shouldContainExactlyInAnyOrder ONLY_PYTHONS.filter { "index $it" in before }
                leftOvers.map { it.difference }.toSet() - DifferenceType.LEFT_OVER shouldBe emptySet()
                val after = database.catalog()
                after shouldContainKey "index pgqueuer_statistics_created"
                after.keys shouldContainAll before.keys - "index pgqueuer_heartbeat_id_id1_idx"
                after["column pgqueuer_statistics.created"] shouldBe
                    "timestamp with time zone NOT NULL date_trunc('sec'::text, now())"
                database.texts("SELECT concat(dedupe_key, mine) FROM pgqueuer ORDER BY id") shouldContainExactly
                    listOf("kyours", "yours", "yours")
                database.text("SELECT count(*) FROM pgqueuer_log") shouldBe "2"

                backend.schema.upgrade()
                withClue("a second upgrade") { database.catalog() shouldBe after }
                backend.worksWith(database)
            }
        }
    }

    for (version in listOf(PythonSchema.V1_0, PythonSchema.V1_3, PythonSchema.V2_0)) {
        test("an upgrade of $version with Python's indexes leaves nothing that Python's upgrade would change") {
            val python = TestPostgres.newDatabase().also(PythonSchema.V2_0::install).catalog()
            val database = TestPostgres.newDatabase().also(version::install)
            database.use { it.schema.upgrade(PythonIndexes.ADD) }
            val catalog = database.catalog()
            python.filter { (name, definition) -> catalog[name] != definition }.shouldBeEmpty()
        }

        test("the text of the upgrade does to $version what the call does") {
            val (one, other) = List(2) { TestPostgres.newDatabase().also(version::install) }
            one.use { it.schema.upgrade() }
            repeat(2) { other.execute(PostgresSchema().upgradeSql()) }
            other.catalog() shouldBe one.catalog()
        }
    }
})

/** Of the indexes that Python PgQueuer 2.0 declares, those that only its own statements use. */
private val ONLY_PYTHONS = listOf(
    "pgqueuer_ep_ea_idx",
    "pgqueuer_ep_prio_id_idx",
    "pgqueuer_log_created",
    "pgqueuer_log_not_aggregated",
    "pgqueuer_log_status",
    "pgqueuer_picked_heartbeat_idx",
    "pgqueuer_priority_id_id1_idx",
    "pgqueuer_queue_manager_id_idx",
    "pgqueuer_updated_id_id1_idx",
)

/** A job that waits, one that a dead worker holds, and one that is held; a schedule, a log and its statistics. */
private const val ROWS = """
    INSERT INTO pgqueuer (priority, entrypoint, status, dedupe_key) VALUES (0, 'e', 'queued', 'k');
    INSERT INTO pgqueuer (priority, entrypoint, status, queue_manager_id, heartbeat)
    VALUES (0, 'e', 'picked', gen_random_uuid(), now() - interval '1 hour');
    INSERT INTO pgqueuer (priority, entrypoint, status) VALUES (0, 'e', 'failed');
    INSERT INTO pgqueuer_schedules (expression, entrypoint, next_run) VALUES ('* * * * *', 'report', now());
    INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint) VALUES (1, 'queued', 0, 'e'), (2, 'picked', 0, 'e');
    INSERT INTO pgqueuer_statistics (created, count, priority, status, entrypoint)
    VALUES ('2026-01-01', 3, 0, 'successful', 'e');
"""

/** What others may have added. */
private const val UNDECLARED = """
    ALTER TABLE pgqueuer ADD COLUMN mine text DEFAULT 'yours';
    CREATE INDEX mine ON pgqueuer (mine);
    CREATE TABLE pgqueuer_mine (id int);
    CREATE FUNCTION fn_mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER tg_mine AFTER UPDATE ON pgqueuer EXECUTE FUNCTION fn_mine();
"""

/** One cycle of everything: claims, retries, settles, schedules, counts, and enqueues in both ways. */
private suspend fun PostgresBackend.worksWith(database: PostgresDatabase) {
    val (queued, taken) = claim(ClaimTarget("e")).jobs
    taken.job.rescues shouldBe 1
    val record = FailureRecord(queued.job.id.value, Instant.fromEpochSeconds(0), "t", "m", "s")
    store.jobs.settle(
        listOf(
            Settlement(queued.lease, Outcome.Retried(Duration.ZERO, record)),
            Settlement(taken.lease, Outcome.Succeeded),
        ),
    ).size shouldBe 2
    val again = claim(ClaimTarget("e")).jobs.single()
    again.job.attempts shouldBe 1
    store.jobs.settle(listOf(Settlement(again.lease, Outcome.Succeeded))).size shouldBe 1

    val held = queue.heldJobs().single().job.id
    queue.requeue(listOf(held)) shouldBe setOf(held)
    val id = queue.enqueue("e") { dedupeKey = "k" }
    claim(ClaimTarget("e")).jobs.map { it.job.id } shouldContainExactly listOf(held, id)
    queue.enqueueAll(List(COPIED) { NewJob("copied") }).size shouldBe COPIED

    val report = ScheduleTarget("report", "* * * * *", "UTC", cleanOld = false) { now, _ -> now + 1.minutes }
    val run = store.schedules.claim(listOf(report), 30.seconds).runs.single()
    store.schedules.complete(run.lease) shouldBe true

    store.maintenance.aggregate(limit = 100_000)
    val counts = "SELECT concat_ws(' ', entrypoint, status, sum(count)) FROM pgqueuer_statistics " +
        "GROUP BY entrypoint, status"
    database.texts(counts).let {
        it shouldContain "e successful 5"
        it shouldContain "copied queued $COPIED"
    }
}

/** So many jobs are streamed by COPY. */
private const val COPIED = 10_000
