package io.pgqueuer.exposed

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.pgqueuer.Durability
import io.pgqueuer.LogLevel
import io.pgqueuer.PythonIndexes
import io.pgqueuer.QueueProperties
import io.pgqueuer.TableLock
import io.pgqueuer.UpgradeStep
import io.pgqueuer.test.PostgresDatabase
import java.sql.Connection

/** Runs each step on a server, and compares what it says of itself with the locks and files of the server's catalog. */
class UpgradeLocksSpec : FunSpec({
    suspend fun <T> PostgresDatabase.use(block: suspend (PostgresBackend) -> T): T =
        backend { poolMaxSize = 2 }.use { block(it) }

    fun PostgresDatabase.shouldTakeTheLocksOf(steps: List<UpgradeStep>) = connect().use { connection ->
        steps.shouldNotBeEmpty()
        connection.readCommitted().autoCommit = false
        for (step in steps) {
            withClue(step.sql) {
                val before = connection.tables()
                connection.execute(step.sql)
                connection.locks(before.keys) shouldBe step.locks
                val after = connection.tables()
                val rewritten = before.keys.filter { after.getValue(it) != before.getValue(it) }.toSet()
                rewritten shouldBe if (step.rewrites) step.locks.keys else emptySet()
                connection.commit()
            }
        }
    }

    for (version in PythonSchema.entries) {
        test("each step of an upgrade of $version takes the locks that it names, and rewrites what it says") {
            val database = TestPostgres.newDatabase().also(version::install)
            database.use { backend ->
                database.shouldTakeTheLocksOf(backend.schema.upgradePlan(PythonIndexes.ADD))
                backend.schema.upgradePlan(PythonIndexes.ADD) shouldBe emptyList()
                database.shouldTakeTheLocksOf(backend.schema.upgradePlan(PythonIndexes.DROP))
                backend.schema.upgradePlan(PythonIndexes.DROP) shouldBe emptyList()
            }
        }
    }

    for (damage in DAMAGES) {
        test("each step that repairs this takes the locks that it names: $damage") {
            val database = TestPostgres.newDatabase()
            database.use { backend ->
                backend.schema.install()
                database.execute(damage)
                database.shouldTakeTheLocksOf(backend.schema.upgradePlan())
                backend.schema.upgradePlan() shouldBe emptyList()
                backend.schema.verify() shouldBe emptyList()
            }
        }
    }

    test("each step of a change of properties takes the locks that it names, and rewrites what it says") {
        val database = TestPostgres.newDatabase()
        database.use { backend ->
            backend.schema.install()
            for (properties in PROPERTIES) {
                database.shouldTakeTheLocksOf(backend.schema.changePlan(properties))
                backend.schema.changePlan(properties) shouldBe emptyList()
                backend.schema.properties() shouldBe properties
            }
        }
    }
})

private val DAMAGES = listOf(
    "DROP INDEX pgqueuer_held",
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'pgqueuer_log_window'::regclass",
    "DROP INDEX pgqueuer_picked; CREATE INDEX pgqueuer_picked ON pgqueuer (entrypoint)",
    "ALTER TABLE pgqueuer_schedules ALTER COLUMN next_run DROP DEFAULT",
    "ALTER TABLE pgqueuer ALTER COLUMN rescues SET DEFAULT 7, ALTER COLUMN created DROP DEFAULT",
    "ALTER TABLE pgqueuer_pauses ALTER COLUMN since DROP DEFAULT",
    "ALTER TABLE pgqueuer DROP COLUMN slot",
    "ALTER TABLE pgqueuer_schedules DROP COLUMN zone, DROP COLUMN paused_at",
    "ALTER TABLE pgqueuer_log ALTER COLUMN job_id TYPE int",
    "ALTER SEQUENCE pgqueuer_id_seq AS int",
    "DROP TABLE pgqueuer_pauses",
    "DROP TABLE pgqueuer_limits",
    "ALTER TABLE pgqueuer_log DROP COLUMN lease_epoch",
    "DROP FUNCTION fn_pgqueuer_log_level()",
    "DROP TRIGGER tg_pgqueuer_changed ON pgqueuer",
    "CREATE OR REPLACE FUNCTION fn_pgqueuer_changed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "ALTER INDEX pgqueuer_statistics_created RENAME TO pgqueuer_statistics_window",
    "CREATE INDEX pgqueuer_statistics_window ON pgqueuer_statistics (created)",
    "CREATE INDEX pgqueuer_heartbeat_id_id1_idx ON pgqueuer (heartbeat)",
)

private val PROPERTIES = listOf(
    QueueProperties { durability = Durability.BALANCED },
    QueueProperties { durability = Durability.VOLATILE },
    QueueProperties { logLevel = LogLevel.FAILURES },
    QueueProperties { notifications = false },
    QueueProperties.DEFAULT,
)

/** The tables, and the files that they are in: a rewrite makes a new one. */
private fun Connection.tables(): Map<String, String> = texts(
    "SELECT relname || ' ' || relfilenode FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
).associate { checkNotNull(it).substringBefore(' ') to it.substringAfter(' ') }

/** The strongest lock that this transaction holds on each of [tables], if a schema change alone takes such a lock. */
private fun Connection.locks(tables: Set<String>): Map<String, TableLock> = texts(
    "SELECT relname || ' ' || mode FROM pg_locks JOIN pg_class ON pg_class.oid = relation " +
        "WHERE pid = pg_backend_pid() AND relkind = 'r' AND relnamespace = 'public'::regnamespace",
).map { checkNotNull(it).substringBefore(' ') to mode(it.substringAfter(' ')) }
    .filter { (table, lock) -> table in tables && lock != null }
    .groupBy({ it.first }) { checkNotNull(it.second) }
    .mapValues { (_, locks) -> locks.max() }

/** `AccessExclusiveLock` is ACCESS EXCLUSIVE. */
private fun mode(name: String): TableLock? = TableLock.entries.find {
    it.label.replace(" ", "").equals(name.removeSuffix("Lock"), ignoreCase = true)
}
