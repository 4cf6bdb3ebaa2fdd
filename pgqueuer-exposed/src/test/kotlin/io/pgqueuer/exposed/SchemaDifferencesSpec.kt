package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.DifferenceType
import io.pgqueuer.DifferenceType.CHANGED
import io.pgqueuer.DifferenceType.DISABLED
import io.pgqueuer.DifferenceType.INVALID
import io.pgqueuer.DifferenceType.LEFT_OVER
import io.pgqueuer.DifferenceType.MISSING
import io.pgqueuer.PythonIndexes
import io.pgqueuer.SchemaDifference
import io.pgqueuer.SchemaException
import io.pgqueuer.SchemaMode

/** Each difference between a database and what an install creates is found, by its name, with its repair. */
class SchemaDifferencesSpec : FunSpec({
    suspend fun PostgresBackend.differences(): List<SchemaDifference> = try {
        schema.verify()
    } catch (e: SchemaException) {
        e.differences
    }

    for ((sql, expected) in CASES) {
        test("$expected: $sql") {
            val database = TestPostgres.newDatabase()
            database.backend { poolMaxSize = 2 }.use { backend ->
                backend.schema.install()
                database.execute(sql)

                val found = backend.differences().single()
                Found(found) shouldBe expected
                found.fix shouldContain expected.fix
                val needsUpgrade = "`pgq upgrade`" in expected.fix
                if (needsUpgrade || !expected.isError) {
                    (backend.schema.upgradePlan().isEmpty()) shouldBe !needsUpgrade
                    backend.schema.upgrade()
                }
                if (needsUpgrade) backend.schema.verify() shouldBe emptyList()
            }
        }
    }

    test("an application that starts learns the warnings, unless it asks for no check") {
        val database = TestPostgres.newDatabase()
        database.backend { poolMaxSize = 2 }.use { backend ->
            backend.schema.prepare(SchemaMode.INSTALL) shouldBe emptyList()
            backend.schema.upgrade(PythonIndexes.ADD)
            val warnings = backend.schema.verify().map { it.name }
            for (mode in listOf(SchemaMode.VALIDATE, SchemaMode.INSTALL, SchemaMode.UPGRADE)) {
                backend.schema.prepare(mode).map { it.name } shouldContainExactlyInAnyOrder warnings
            }
            backend.schema.prepare(SchemaMode.NONE) shouldBe emptyList()
        }
    }

    test("errors and warnings are found together") {
        val database = TestPostgres.newDatabase()
        database.backend { poolMaxSize = 2 }.use { backend ->
            backend.schema.install()
            backend.schema.upgrade(PythonIndexes.ADD)
            backend.schema.verify().map { it.difference }.toSet() shouldBe setOf(LEFT_OVER)
            database.execute("DROP TABLE pgqueuer_log; DROP INDEX pgqueuer_held, pgqueuer_ep_ea_idx")
            database.execute("ALTER TABLE pgqueuer DISABLE TRIGGER ALL")

            val failure = shouldThrow<SchemaException> { backend.schema.verify() }
            failure.differences.filter { it.difference != LEFT_OVER }.map { it.name to it.difference }
                .shouldContainExactlyInAnyOrder(
                    "pgqueuer_log" to MISSING,
                    "pgqueuer_held" to MISSING,
                    "tg_pgqueuer_changed" to DISABLED,
                )
            failure.differences.count { it.difference == LEFT_OVER } shouldBe 5
        }
    }

    test("a queue of which nothing is installed is one difference") {
        TestPostgres.newDatabase().backend { prefix = "shop_" }.use { backend ->
            val failure = shouldThrow<SchemaException> { backend.schema.verify() }
            val difference = failure.differences.single()
            "${difference.kind} ${difference.name}" shouldBe "queue shop_pgqueuer"
            difference.difference shouldBe MISSING
            difference.fix shouldContain "pgq install"
        }
    }

    test("no object of a fresh install differs, in a schema of its own and with any search path") {
        val database = TestPostgres.newDatabase()
        for (path in listOf("public", "\"Jobs\", public", "nowhere")) {
            database.execute("ALTER DATABASE ${database.name} SET search_path = $path")
            database.backend {
                schema = "Jobs"
                prefix = "p_"
                poolMaxSize = 1
            }.use { backend ->
                backend.schema.install()
                backend.schema.verify() shouldBe emptyList()
                backend.schema.upgradePlan() shouldBe emptyList()
            }
        }
    }
})

/** What is compared of a difference. */
private data class Found(
    val kind: String,
    val name: String,
    val of: String?,
    val difference: DifferenceType,
    val isError: Boolean,
    val found: String?,
    val expected: String?,
) {
    var fix = "`pgq upgrade`"

    constructor(it: SchemaDifference) : this(it.kind, it.name, it.of, it.difference, it.isError, it.found, it.expected)

    fun fixedBy(text: String) = apply { fix = text }

    override fun toString() = "$kind $name of $of is $difference"
}

private const val QUEUE = "pgqueuer"
private const val RESTORE = "restore it"

private val CASES: Map<String, Found> = mapOf(
    "DROP INDEX pgqueuer_held" to Found("index", "pgqueuer_held", QUEUE, MISSING, true, null, null),
    "ALTER TABLE pgqueuer DROP COLUMN rescues" to Found("column", "rescues", QUEUE, MISSING, true, null, null),
    "ALTER TABLE pgqueuer ALTER COLUMN payload TYPE text" to
        Found("column", "payload", QUEUE, CHANGED, true, "text", "bytea").fixedBy(RESTORE),
    "ALTER TABLE pgqueuer_log ALTER COLUMN job_id TYPE int" to
        Found("column", "job_id", "pgqueuer_log", CHANGED, true, "integer", "bigint"),
    "ALTER TABLE pgqueuer ALTER COLUMN execute_after SET DEFAULT clock_timestamp()" to
        Found("default", "execute_after", QUEUE, CHANGED, true, "clock_timestamp()", "now()"),
    "ALTER TABLE pgqueuer_schedules ALTER COLUMN status DROP DEFAULT" to
        Found("default", "status", "pgqueuer_schedules", MISSING, true, null, "'queued'"),
    "ALTER TABLE pgqueuer ALTER COLUMN id DROP DEFAULT" to
        Found("default", "id", QUEUE, MISSING, true, null, "numbered").fixedBy(RESTORE),
    "ALTER TABLE pgqueuer_log ALTER COLUMN id DROP IDENTITY" to
        Found("default", "id", "pgqueuer_log", MISSING, true, null, "numbered").fixedBy(RESTORE),
    "DROP INDEX pgqueuer_deferred; CREATE INDEX pgqueuer_deferred ON pgqueuer (entrypoint)" to
        Found(
            "index",
            "pgqueuer_deferred",
            QUEUE,
            CHANGED,
            true,
            "btree (entrypoint)",
            "btree (entrypoint, execute_after) WHERE status = 'queued' AND execute_after > created",
        ),
    "DROP INDEX pgqueuer_picked_slot_idx; CREATE INDEX pgqueuer_picked_slot_idx ON pgqueuer (entrypoint, slot) " +
        "WHERE status = 'picked' AND slot IS NOT NULL" to
        Found(
            "index",
            "pgqueuer_picked_slot_idx",
            QUEUE,
            CHANGED,
            true,
            "btree (entrypoint, slot) WHERE ((status = 'picked'::pgqueuer_status) AND (slot IS NOT NULL))",
            "unique btree (entrypoint, slot) WHERE status = 'picked' AND slot IS NOT NULL",
        ),
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'pgqueuer_log_window'::regclass" to
        Found(
            "index",
            "pgqueuer_log_window",
            "pgqueuer_log",
            INVALID,
            true,
            "brin (created) WITH (autosummarize='on')",
            "brin (created) WITH (autosummarize = on)",
        ),
    "ALTER TABLE pgqueuer DISABLE TRIGGER tg_pgqueuer_changed" to
        Found("trigger", "tg_pgqueuer_changed", QUEUE, DISABLED, false, "D", "O").fixedBy("`pgq notifications on`"),
    "DROP TRIGGER tg_pgqueuer_changed ON pgqueuer; CREATE TRIGGER tg_pgqueuer_changed AFTER DELETE ON pgqueuer " +
        "EXECUTE FUNCTION fn_pgqueuer_changed()" to
        Found("trigger", "tg_pgqueuer_changed", QUEUE, CHANGED, true, null, null),
    "CREATE INDEX pgqueuer_log_status ON pgqueuer_log (status)" to
        Found("index", "pgqueuer_log_status", "pgqueuer_log", LEFT_OVER, false, "btree (status)", null)
            .fixedBy("`pgq upgrade --no-python-indexes`"),
    "CREATE INDEX pgqueuer_log_status ON pgqueuer_log (status); UPDATE pg_index SET indisvalid = false " +
        "WHERE indexrelid = 'pgqueuer_log_status'::regclass" to
        Found("index", "pgqueuer_log_status", "pgqueuer_log", INVALID, false, "btree (status)", "btree (status)")
            .fixedBy("`pgq upgrade --python-indexes`"),
    "CREATE INDEX pgqueuer_statistics_window ON pgqueuer_statistics (created)" to
        Found(
            "index",
            "pgqueuer_statistics_window",
            "pgqueuer_statistics",
            LEFT_OVER,
            false,
            "btree (created)",
            null,
        ),
    "CREATE INDEX pgqueuer_heartbeat_id_id1_idx ON pgqueuer (heartbeat)" to
        Found("index", "pgqueuer_heartbeat_id_id1_idx", QUEUE, LEFT_OVER, false, "btree (heartbeat)", null),
    "ALTER SEQUENCE pgqueuer_id_seq AS int" to
        Found("sequence", "id", QUEUE, CHANGED, false, "integer", "bigint"),
    "DROP TABLE pgqueuer_pauses" to Found("table", "pgqueuer_pauses", null, MISSING, true, null, null),
    "DROP TABLE pgqueuer_limits" to Found("table", "pgqueuer_limits", null, MISSING, true, null, null),
)
