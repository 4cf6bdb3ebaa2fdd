package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldNotThrowAny
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.Durability
import io.pgqueuer.LogLevel
import io.pgqueuer.PythonIndexes
import io.pgqueuer.QueueProperties
import io.pgqueuer.SchemaException
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import io.pgqueuer.test.PostgresDatabase
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope

class SchemaSpec : FunSpec({
    fun testInstalled(
        name: String,
        prefix: String = "",
        schema: String? = null,
        durability: Durability = Durability.DURABLE,
        body: suspend (PostgresDatabase, PostgresBackend) -> Unit,
    ) = test(name) {
        val database = TestPostgres.newDatabase()
        database.backend {
            this.prefix = prefix
            this.schema = schema
            poolMaxSize = 2
        }.use { backend ->
            backend.schema.install(QueueProperties { this.durability = durability })
            body(database, backend)
        }
    }

    testInstalled("an install leaves the columns of the contract and our own, and nothing else") { database, _ ->
        database.columns("pgqueuer") shouldContainExactly listOf(
            "id bigint NOT NULL nextval('pgqueuer_id_seq'::regclass)",
            "priority integer NOT NULL",
            "queue_manager_id uuid",
            "created timestamp with time zone NOT NULL now()",
            "updated timestamp with time zone NOT NULL now()",
            "heartbeat timestamp with time zone NOT NULL now()",
            "execute_after timestamp with time zone NOT NULL now()",
            "status pgqueuer_status NOT NULL",
            "entrypoint text NOT NULL",
            "dedupe_key text",
            "payload bytea",
            "headers jsonb",
            "attempts integer NOT NULL 0",
            "lease_epoch bigint NOT NULL 0",
            "rescues integer NOT NULL 0",
            "slot bigint",
            "cancel_requested timestamp with time zone",
        )
        database.columns("pgqueuer_log") shouldContainExactly listOf(
            "id bigint NOT NULL",
            "created timestamp with time zone NOT NULL now()",
            "job_id bigint NOT NULL",
            "status pgqueuer_status NOT NULL",
            "priority integer NOT NULL",
            "entrypoint text NOT NULL",
            "traceback jsonb",
            "aggregated boolean false",
            "queue_manager_id uuid",
            "lease_epoch bigint",
        )
        database.columns("pgqueuer_statistics") shouldContainExactly listOf(
            "id bigint NOT NULL nextval('pgqueuer_statistics_id_seq'::regclass)",
            "created timestamp with time zone NOT NULL date_trunc('sec'::text, now())",
            "count bigint NOT NULL",
            "priority integer NOT NULL",
            "status pgqueuer_status NOT NULL",
            "entrypoint text NOT NULL",
        )
        database.columns("pgqueuer_schedules") shouldContainExactly listOf(
            "id bigint NOT NULL nextval('pgqueuer_schedules_id_seq'::regclass)",
            "expression text NOT NULL",
            "entrypoint text NOT NULL",
            "heartbeat timestamp with time zone NOT NULL now()",
            "created timestamp with time zone NOT NULL now()",
            "updated timestamp with time zone NOT NULL now()",
            "next_run timestamp with time zone NOT NULL now()",
            "last_run timestamp with time zone",
            "status pgqueuer_status 'queued'::pgqueuer_status",
            "lease_epoch bigint NOT NULL 0",
            "zone text NOT NULL 'UTC'::text",
            "paused_at timestamp with time zone",
        )
        database.columns("pgqueuer_pauses") shouldContainExactly listOf(
            "entrypoint text NOT NULL",
            "since timestamp with time zone NOT NULL now()",
            "until timestamp with time zone",
            "reason text",
        )
        database.columns("pgqueuer_limits") shouldContainExactly listOf(
            "entrypoint text NOT NULL",
            "concurrency_limit integer NOT NULL",
            "declared timestamp with time zone NOT NULL now()",
        )
        database.texts("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
            .toSet() shouldBe
            setOf("", "_log", "_statistics", "_schedules", "_pauses", "_limits").map { "pgqueuer$it" }.toSet()
    }

    testInstalled("the status type has the contract's labels in their order") { database, _ ->
        database.text("SELECT string_agg(l::text, ' ') FROM unnest(enum_range(NULL::pgqueuer_status)) l") shouldBe
            "queued picked successful exception canceled deleted failed"
    }

    testInstalled("the indexes that Python relies on are as the contract has them") { database, _ ->
        fun index(name: String) = database.text("SELECT pg_get_indexdef('$name'::regclass)")

        index("pgqueuer_unique_dedupe_key") shouldBe
            "CREATE UNIQUE INDEX pgqueuer_unique_dedupe_key ON public.pgqueuer USING btree (dedupe_key) WHERE " +
            "((status = ANY (ARRAY['queued'::pgqueuer_status, 'picked'::pgqueuer_status])) AND " +
            "(dedupe_key IS NOT NULL))"
        index("pgqueuer_log_job_id_status") shouldBe
            "CREATE INDEX pgqueuer_log_job_id_status ON public.pgqueuer_log USING btree (job_id, created DESC)"
        // Python's conflict targets, inferred by PostgreSQL as it does.
        shouldNotThrowAny {
            database.execute(
                """
                INSERT INTO pgqueuer (priority, status, entrypoint, dedupe_key) VALUES (0, 'queued', 'e', 'k')
                ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING;
                INSERT INTO pgqueuer_statistics (count, priority, status, entrypoint) VALUES (1, 0, 'queued', 'e')
                ON CONFLICT (priority, DATE_TRUNC('sec', created AT TIME ZONE 'UTC'), status, entrypoint)
                DO UPDATE SET count = pgqueuer_statistics.count + EXCLUDED.count;
                INSERT INTO pgqueuer_schedules (expression, entrypoint) VALUES ('* * * * *', 'e')
                ON CONFLICT (expression, entrypoint) DO NOTHING;
                """,
            )
        }
    }

    testInstalled("every level of durability keeps what it says", durability = Durability.BALANCED) { database, one ->
        database.unlogged() shouldContainExactly listOf("pgqueuer_log", "pgqueuer_statistics")
        one.schema.uninstall()
        one.schema.install(QueueProperties { durability = Durability.VOLATILE })
        database.unlogged() shouldContainExactly
            listOf("", "_limits", "_log", "_pauses", "_schedules", "_statistics").map { "pgqueuer$it" }
        one.schema.uninstall()
        one.schema.install()
        database.unlogged().shouldBeEmpty()
    }

    testInstalled("a change of the durability rewrites what it must, and keeps the rows") { database, backend ->
        val id = backend.queue.enqueue("e")
        for (durability in listOf(Durability.VOLATILE, Durability.BALANCED, Durability.DURABLE)) {
            val unchanged = database.text("SELECT relfilenode FROM pg_class WHERE relname = 'pgqueuer_schedules'")
            backend.schema.change(backend.schema.properties().with { logLevel = LogLevel.TERMINAL })
            database.text("SELECT relfilenode FROM pg_class WHERE relname = 'pgqueuer_schedules'") shouldBe unchanged
            backend.schema.change(QueueProperties { this.durability = durability })
            backend.schema.properties() shouldBe QueueProperties { this.durability = durability }
            backend.insights.log(id).size shouldBe 1
        }
        database.unlogged().shouldBeEmpty()
        backend.queue.enqueue("e").value shouldBe id.value + 1
    }

    testInstalled("a change of the log level reaches statements that are prepared already", schema = "jobs") { _, one ->
        suspend fun logged() = one.queue.enqueue("e").let { one.insights.log(it).size }
        repeat(10) { logged() shouldBe 1 }
        one.schema.change(QueueProperties { logLevel = LogLevel.FAILURES })
        repeat(10) { logged() shouldBe 0 }
        one.schema.change(QueueProperties.DEFAULT)
        repeat(10) { logged() shouldBe 1 }
    }

    testInstalled("an upgrade keeps the log level") { database, backend ->
        backend.schema.change(QueueProperties { logLevel = LogLevel.TERMINAL })
        database.execute("DROP INDEX pgqueuer_held")
        backend.schema.upgrade()
        backend.schema.properties().logLevel shouldBe LogLevel.TERMINAL
        database.execute("DROP FUNCTION fn_pgqueuer_log_level()")
        shouldThrow<SchemaException> { backend.schema.properties() }.message shouldContain "pgq upgrade"
        backend.schema.upgrade()
        backend.schema.properties() shouldBe QueueProperties.DEFAULT
    }

    testInstalled("a second install changes nothing, whatever its durability") { database, backend ->
        val before = database.texts("SELECT oid FROM pg_class ORDER BY 1")
        backend.schema.install(QueueProperties { durability = Durability.VOLATILE })
        database.texts("SELECT oid FROM pg_class ORDER BY 1") shouldBe before
    }

    for (isolation in listOf("read committed", "serializable")) {
        test("$isolation installs at one instant all succeed") {
            val database = TestPostgres.newDatabase()
            database.execute("ALTER DATABASE ${database.name} SET default_transaction_isolation = '$isolation'")
            val backends = List(6) {
                database.backend {
                    schema = "fresh"
                    poolMaxSize = 1
                }
            }
            coroutineScope { backends.map { async { it.schema.install() } }.awaitAll() }
            coroutineScope { backends.map { async { it.schema.upgrade(PythonIndexes.ADD) } }.awaitAll() }
            coroutineScope { backends.map { async { it.schema.change(TERMINAL) } }.awaitAll() }
            backends.first().schema.verify()
            backends.first().schema.properties() shouldBe TERMINAL
            coroutineScope { backends.map { async { it.schema.uninstall() } }.awaitAll() }
            backends.first().schema.verifyAbsent()
            backends.forEach(PostgresBackend::close)
        }
    }

    testInstalled("an uninstall removes what it installed, and only that", schema = "jobs") { database, backend ->
        database.execute("CREATE TABLE jobs.mine (id int); CREATE TABLE pgqueuer (id int)")
        backend.schema.uninstall()
        database.objectsOf("jobs") shouldContainExactly listOf("mine")
        database.objectsOf("public") shouldContainExactly listOf("pgqueuer")
        backend.schema.uninstall()
        shouldThrow<SchemaException> { backend.schema.verify() }.message shouldContain "pgq install"
    }

    testInstalled("an uninstall that would take a view along says so, and removes nothing") { database, backend ->
        database.execute("CREATE VIEW mine AS SELECT id FROM pgqueuer")
        shouldThrow<SchemaException> { backend.schema.uninstall() }.message shouldContain "depend"
        backend.schema.verify()
    }

    for ((prefix, schema) in listOf("Shop_" to "Jobs", "Shop_" to null, "" to "Jobs", "" to "jobs")) {
        testInstalled("prefix '$prefix' and schema $schema keep two queues apart", prefix, schema) { database, one ->
            database.objectsOf(schema ?: "public") shouldContainAll
                listOf("pgqueuer", "pgqueuer_log").map { prefix.lowercase() + it }
            database.backend { poolMaxSize = 1 }.use { other ->
                other.schema.install()
                val id = one.queue.enqueue("e") { dedupeKey = "k" }
                other.claim(ClaimTarget("e")).jobs.shouldBeEmpty()
                other.queue.enqueue("e") { dedupeKey = "k" } shouldBe id
                val mine = one.claim(ClaimTarget("e")).jobs.single()
                val theirs = other.claim(ClaimTarget("e")).jobs.single()
                other.queue.cancel(listOf(id)) shouldBe setOf(id)
                one.store.jobs.renew(listOf(mine.lease)).held shouldBe setOf(mine.lease)
                other.store.jobs.renew(listOf(theirs.lease)).canceled shouldBe setOf(theirs.lease)
                one.store.jobs.settle(listOf(Settlement(mine.lease, Outcome.Succeeded))) shouldBe setOf(mine.lease)
                other.schema.uninstall()
                one.schema.verify()
            }
        }
    }

    testInstalled("a schema may have the name of a keyword", schema = "order") { _, backend ->
        backend.queue.enqueue("e")
        backend.claim(ClaimTarget("e")).jobs.size shouldBe 1
    }

    for ((sql, missing) in mapOf(
        "DROP TABLE pgqueuer_statistics" to "table pgqueuer_statistics",
        "DROP TABLE pgqueuer_schedules" to "table pgqueuer_schedules",
        "DROP TABLE pgqueuer_log" to "table pgqueuer_log",
        "DROP TABLE pgqueuer" to "table pgqueuer",
        "ALTER TABLE pgqueuer DROP COLUMN lease_epoch" to "column lease_epoch of pgqueuer",
        "ALTER TABLE pgqueuer DROP COLUMN rescues" to "column rescues of pgqueuer",
        "ALTER TABLE pgqueuer DROP COLUMN slot" to "column slot of pgqueuer",
        "ALTER TABLE pgqueuer DROP COLUMN headers" to "column headers of pgqueuer",
        "ALTER TABLE pgqueuer_log DROP COLUMN traceback" to "column traceback of pgqueuer_log",
        "ALTER TABLE pgqueuer_log DROP COLUMN queue_manager_id" to "column queue_manager_id of pgqueuer_log",
        "ALTER TABLE pgqueuer_log DROP COLUMN lease_epoch" to "column lease_epoch of pgqueuer_log",
        "ALTER TYPE pgqueuer_status RENAME VALUE 'failed' TO 'broken'" to "label failed of pgqueuer_status",
        "DROP INDEX pgqueuer_unique_dedupe_key" to "index pgqueuer_unique_dedupe_key of pgqueuer",
        "DROP INDEX pgqueuer_immediate" to "index pgqueuer_immediate of pgqueuer",
        "DROP INDEX pgqueuer_deferred" to "index pgqueuer_deferred of pgqueuer",
        "DROP INDEX pgqueuer_picked" to "index pgqueuer_picked of pgqueuer",
        "DROP INDEX pgqueuer_picked_slot_idx" to "index pgqueuer_picked_slot_idx of pgqueuer",
        "DROP INDEX pgqueuer_held" to "index pgqueuer_held of pgqueuer",
        "ALTER TABLE pgqueuer_schedules DROP COLUMN lease_epoch" to "column lease_epoch of pgqueuer_schedules",
        "ALTER TABLE pgqueuer_schedules DROP COLUMN zone" to "column zone of pgqueuer_schedules",
        "ALTER TABLE pgqueuer_schedules DROP COLUMN paused_at" to "column paused_at of pgqueuer_schedules",
        "DROP INDEX pgqueuer_log_unaggregated" to "index pgqueuer_log_unaggregated of pgqueuer_log",
        "DROP INDEX pgqueuer_log_window" to "index pgqueuer_log_window of pgqueuer_log",
        "DROP INDEX pgqueuer_statistics_created" to "index pgqueuer_statistics_created of pgqueuer_statistics",
        "DROP TABLE pgqueuer_pauses" to "table pgqueuer_pauses",
        "DROP TABLE pgqueuer_limits" to "table pgqueuer_limits",
        "ALTER TABLE pgqueuer_limits DROP COLUMN declared" to "column declared of pgqueuer_limits",
        "ALTER TABLE pgqueuer_pauses DROP COLUMN until" to "column until of pgqueuer_pauses",
        "DROP INDEX pgqueuer_log_job_id_status" to "index pgqueuer_log_job_id_status of pgqueuer_log",
        "DROP INDEX pgqueuer_statistics_unique_count" to
            "index pgqueuer_statistics_unique_count of pgqueuer_statistics",
        "ALTER TABLE pgqueuer_schedules DROP CONSTRAINT pgqueuer_schedules_unique_entrypoint" to
            "unique key of pgqueuer_schedules",
        "DROP TRIGGER tg_pgqueuer_changed ON pgqueuer" to "trigger tg_pgqueuer_changed of pgqueuer",
        "ALTER FUNCTION fn_pgqueuer_changed() RENAME TO other" to "function fn_pgqueuer_changed",
    )) {
        testInstalled("a missing $missing is named, with the fix") { database, backend ->
            database.execute(sql)
            val refused = shouldThrow<SchemaException> { backend.schema.verify() }.message.orEmpty()
            refused shouldContain missing
            refused shouldContain (if (ADDITIONS.any(missing::contains)) "pgq upgrade" else "pgq uninstall")
            val objects = database.texts("SELECT oid FROM pg_class ORDER BY 1")
            shouldThrow<SchemaException> { backend.schema.install() }.message shouldContain missing
            database.texts("SELECT oid FROM pg_class ORDER BY 1") shouldBe objects
        }
    }

    testInstalled("an upgrade makes Python's schema ours and keeps its jobs, and is a no-op after that") {
            database,
            backend,
        ->
        val id = backend.queue.enqueue("e")
        database.execute("ALTER TABLE pgqueuer DROP COLUMN lease_epoch, DROP COLUMN rescues, DROP COLUMN slot")
        database.execute("DROP INDEX pgqueuer_immediate, pgqueuer_deferred, pgqueuer_picked, pgqueuer_held")
        database.execute(
            "ALTER TABLE pgqueuer_schedules DROP COLUMN lease_epoch, DROP COLUMN zone, DROP COLUMN paused_at",
        )
        database.execute("ALTER TABLE pgqueuer_log DROP COLUMN queue_manager_id, DROP COLUMN lease_epoch")
        database.execute("DROP INDEX pgqueuer_log_unaggregated, pgqueuer_log_window, pgqueuer_statistics_created")
        database.execute("INSERT INTO pgqueuer_schedules (expression, entrypoint) VALUES ('* * * * *', 'report')")
        database.execute("DROP TABLE pgqueuer_pauses, pgqueuer_limits")
        database.execute("ALTER INDEX pgqueuer_statistics_unique_count RENAME TO as_python_calls_it")
        backend.schema.upgrade()
        backend.schema.verify()
        backend.claim(ClaimTarget("e")).jobs.map { it.job.id } shouldContainExactly listOf(id)
        backend.schedules.list().single().run {
            leaseEpoch shouldBe 0
            zone shouldBe "UTC"
            pausedSince shouldBe null
        }
        val objects = database.texts("SELECT oid FROM pg_class ORDER BY 1")
        backend.schema.upgrade()
        database.texts("SELECT oid FROM pg_class ORDER BY 1") shouldBe objects
    }

    testInstalled("an upgrade makes our own tables as durable as the queue", durability = Durability.VOLATILE) {
            database,
            backend,
        ->
        database.execute("DROP TABLE pgqueuer_pauses, pgqueuer_limits")
        backend.schema.upgrade()
        database.unlogged() shouldContainAll listOf("pgqueuer_pauses", "pgqueuer_limits")
        backend.schema.properties().durability shouldBe Durability.VOLATILE
    }

    testInstalled("an upgrade of what lacks more than it adds is refused and changes nothing") { database, backend ->
        database.execute("DROP TABLE pgqueuer_log; DROP INDEX pgqueuer_held")
        shouldThrow<SchemaException> { backend.schema.upgrade() }.message shouldContain "table pgqueuer_log"
        database.texts("SELECT to_regclass('pgqueuer_held')").single() shouldBe null
        backend.schema.uninstall()
        shouldThrow<SchemaException> { backend.schema.upgrade() }.message shouldContain "pgq install"
    }

    for ((sql, wrong) in mapOf(
        "ALTER TABLE pgqueuer ALTER COLUMN id TYPE int" to "column id of pgqueuer is integer, not bigint",
        "ALTER TABLE pgqueuer_log ALTER COLUMN job_id TYPE int" to
            "column job_id of pgqueuer_log is integer, not bigint",
        "ALTER TABLE pgqueuer_log ALTER COLUMN id TYPE int" to "column id of pgqueuer_log is integer, not bigint",
        "ALTER TABLE pgqueuer_statistics ALTER COLUMN count TYPE int" to
            "column count of pgqueuer_statistics is integer, not bigint",
    )) {
        testInstalled("a verify says that $wrong, and an upgrade makes it wider") { database, backend ->
            database.execute("INSERT INTO pgqueuer (priority, entrypoint, status) VALUES (0, 'e', 'queued')")
            database.execute(sql)
            val refused = shouldThrow<SchemaException> { backend.schema.verify() }.message.orEmpty()
            refused shouldContain wrong
            refused shouldContain "pgq upgrade"
            backend.schema.upgradePlan().count { it.rewrites } shouldBe 1
            backend.schema.upgrade()
            backend.schema.verify().shouldBeEmpty()
            backend.claim(ClaimTarget("e")).jobs.size shouldBe 1
        }
    }

    testInstalled("a type that no upgrade can fix is named, and nothing is changed") { database, backend ->
        database.execute("ALTER TABLE pgqueuer ALTER COLUMN payload TYPE text; DROP INDEX pgqueuer_held")
        val message = "column payload of pgqueuer is text, not bytea"
        shouldThrow<SchemaException> { backend.schema.verify() }.message shouldContain message
        shouldThrow<SchemaException> { backend.schema.upgrade() }.message shouldContain message
        shouldThrow<SchemaException> { backend.schema.upgradePlan() }.message shouldContain message
        database.text("SELECT to_regclass('pgqueuer_held')") shouldBe null
    }

    testInstalled("a verify warns of a sequence that ends too early, and an upgrade makes it wider") {
            database,
            backend,
        ->
        database.execute("ALTER SEQUENCE pgqueuer_id_seq AS int")
        backend.schema.verify().single().toString() shouldContain "sequence of pgqueuer.id"
        backend.schema.upgrade()
        backend.schema.verify().shouldBeEmpty()
        database.text(
            "SELECT format_type(seqtypid, NULL) FROM pg_sequence WHERE seqrelid = 'pgqueuer_id_seq'::regclass",
        )
            .shouldBe("bigint")
    }

    for (state in listOf("DISABLE", "ENABLE REPLICA")) {
        testInstalled("a verify warns of a trigger that does not fire ($state), and an upgrade leaves it") {
                database,
                backend,
            ->
            database.execute("ALTER TABLE pgqueuer $state TRIGGER tg_pgqueuer_changed")
            backend.schema.verify().single().toString() shouldContain "pgq notifications on"
            backend.schema.properties().notifications shouldBe false
            backend.schema.upgrade()
            database.execute(PostgresSchema().upgradeSql())
            backend.schema.verify().size shouldBe 1
            backend.schema.change(QueueProperties.DEFAULT)
            backend.schema.verify().shouldBeEmpty()
        }
    }

    for ((name, sql) in mapOf(
        "covers too little" to "DROP TRIGGER tg_pgqueuer_changed ON pgqueuer; CREATE TRIGGER tg_pgqueuer_changed " +
            "AFTER DELETE ON pgqueuer EXECUTE FUNCTION fn_pgqueuer_changed()",
        "calls another function" to "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS " +
            "'BEGIN RETURN NULL; END'; DROP TRIGGER tg_pgqueuer_changed ON pgqueuer; CREATE TRIGGER " +
            "tg_pgqueuer_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON pgqueuer EXECUTE FUNCTION other()",
    )) {
        testInstalled("a trigger that $name counts as missing, and an upgrade replaces it") { database, backend ->
            val trigger = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'tg_pgqueuer_changed'"
            val before = database.text(trigger)
            database.execute(sql)
            shouldThrow<SchemaException> { backend.schema.verify() }.message shouldContain "trigger tg_pgqueuer_changed"
            backend.schema.upgrade()
            backend.schema.verify().shouldBeEmpty()
            database.text(trigger) shouldBe before
        }
    }

    testInstalled("a verify warns of a body of the trigger's function that nobody knows, and an upgrade replaces it") {
            database,
            backend,
        ->
        val body = "SELECT prosrc FROM pg_proc WHERE proname = 'fn_pgqueuer_changed'"
        val before = database.text(body)
        database.execute(
            "CREATE OR REPLACE FUNCTION fn_pgqueuer_changed() RETURNS trigger LANGUAGE plpgsql AS " +
                "'BEGIN RETURN NULL; END'",
        )
        backend.schema.verify().single().toString() shouldContain "fn_pgqueuer_changed"
        backend.schema.upgrade()
        backend.schema.verify().shouldBeEmpty()
        database.text(body) shouldBe before
        // White space does not matter.
        database.execute(
            "CREATE OR REPLACE FUNCTION fn_pgqueuer_changed() RETURNS trigger LANGUAGE plpgsql AS \$f\$" +
                before.orEmpty().replace("\n", "\n  ") + "\$f\$",
        )
        backend.schema.verify().shouldBeEmpty()
    }

    testInstalled("an index that was not built to its end counts as missing, and an upgrade builds it again") {
            database,
            backend,
        ->
        database.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'pgqueuer_held'::regclass")
        shouldThrow<SchemaException> { backend.schema.verify() }.message shouldContain "index pgqueuer_held"
        backend.schema.upgrade()
        backend.schema.verify().shouldBeEmpty()
    }

    testInstalled("an upgrade that cannot build a unique index says why, and changes nothing") { database, backend ->
        database.execute("DROP INDEX pgqueuer_unique_dedupe_key, pgqueuer_held")
        repeat(2) {
            database.execute(
                "INSERT INTO pgqueuer (priority, entrypoint, status, dedupe_key) VALUES (0, 'e', 'queued', 'k')",
            )
        }
        shouldThrow<SchemaException> { backend.schema.upgrade() }.message.orEmpty().let {
            it shouldContain "pgqueuer_unique_dedupe_key"
            it shouldContain "duplicates"
        }
        database.text("SELECT to_regclass('pgqueuer_held')") shouldBe null
    }

    testInstalled("a plan shows what an upgrade would do now, and changes nothing") { database, backend ->
        backend.schema.upgradePlan().shouldBeEmpty()
        database.execute("DROP INDEX pgqueuer_held; ALTER TABLE pgqueuer DROP COLUMN rescues")
        val plan = backend.schema.upgradePlan()
        plan.map { it.rewrites } shouldContainExactly listOf(false, false)
        plan.joinToString() shouldContain "ALTER TABLE pgqueuer ADD COLUMN IF NOT EXISTS rescues"
        plan.joinToString() shouldContain "CREATE INDEX IF NOT EXISTS pgqueuer_held"
        shouldThrow<SchemaException> { backend.schema.verify() }
        plan.forEach { database.execute(it.sql) }
        backend.schema.verify().shouldBeEmpty()
        backend.schema.upgradePlan().shouldBeEmpty()
    }

    testInstalled("the indexes that only Python uses are added and dropped on request", schema = "Jobs") {
            database,
            backend,
        ->
        fun indexes() = database.texts("SELECT indexname FROM pg_indexes WHERE schemaname = 'Jobs' ORDER BY 1")
        val before = indexes()
        backend.schema.upgradePlan(PythonIndexes.ADD).size shouldBe 9
        backend.schema.upgrade(PythonIndexes.ADD)
        indexes() shouldContainAll before + "pgqueuer_ep_prio_id_idx"
        backend.schema.upgradePlan(PythonIndexes.ADD).shouldBeEmpty()
        backend.schema.upgrade()
        indexes().size shouldBe before.size + 9
        backend.schema.upgrade(PythonIndexes.DROP)
        indexes() shouldBe before
        backend.schema.upgrade(PythonIndexes.DROP)
        database.execute(PostgresSchema(schema = "Jobs").run { pythonIndexesSql() + pythonIndexesRollbackSql() })
        indexes() shouldBe before
    }

    testInstalled("an upgrade renames the index of older snapshots") { database, backend ->
        database.execute("ALTER INDEX pgqueuer_statistics_created RENAME TO pgqueuer_statistics_window")
        backend.schema.upgrade()
        backend.schema.verify()
        database.text("SELECT to_regclass('pgqueuer_statistics_window')") shouldBe null
        database.execute("CREATE INDEX pgqueuer_statistics_window ON pgqueuer_statistics (created)")
        database.execute(PostgresSchema().upgradeSql())
        database.text("SELECT to_regclass('pgqueuer_statistics_window')") shouldBe null
    }

    testInstalled("a schema in another case is not the queue's, and the message names it", schema = "jobs") {
            database,
            _,
        ->
        database.backend {
            schema = "Jobs"
            poolMaxSize = 1
        }.use { other ->
            shouldThrow<SchemaException> { other.schema.verify() }.message shouldContain "schema jobs has a queue"
            other.schema.install()
            other.schema.verify()
            database.objectsOf("Jobs") shouldContain "pgqueuer"
            other.schema.uninstall()
        }
    }

    testInstalled("all that is missing is named at once, once each") { database, backend ->
        database.execute("DROP TABLE pgqueuer_log; DROP INDEX pgqueuer_held; DROP INDEX pgqueuer_picked")
        val message = shouldThrow<SchemaException> { backend.schema.verify() }.message.orEmpty()
        for (part in listOf("table pgqueuer_log", "index pgqueuer_held", "index pgqueuer_picked")) {
            withClue(part) { message shouldContain part }
        }
        message shouldNotContain "column"
    }

    test("using a queue that is not installed names the fix") {
        TestPostgres.newDatabase().backend { poolMaxSize = 1 }.use { backend ->
            for (use in listOf<suspend () -> Any?>(
                { backend.queue.enqueue("e") },
                { backend.claim(ClaimTarget("e")) },
                { backend.claim(limited("e", 1)) },
                { backend.insights.queueSize() },
            )) {
                shouldThrow<SchemaException> { use() }.message shouldContain "pgq install"
            }
        }
    }

    test("the text of install and uninstall does what the calls do") {
        val database = TestPostgres.newDatabase()
        val schema = PostgresSchema("p_", "s")
        database.execute(schema.installSql())
        database.backend {
            prefix = "p_"
            this.schema = "s"
            poolMaxSize = 1
        }.use { it.schema.verify() }
        database.execute(schema.uninstallSql())
        database.objectsOf("s").shouldBeEmpty()
    }
})

private val TERMINAL = QueueProperties { logLevel = LogLevel.TERMINAL }

/** What an upgrade adds to Python's schema, or creates again. */
private val ADDITIONS = listOf(
    "lease_epoch",
    "column queue_manager_id of pgqueuer_log",
    "rescues",
    "pgqueuer_immediate",
    "pgqueuer_deferred",
    "pgqueuer_picked",
    "slot",
    "cancel_requested",
    "column zone",
    "paused_at",
    "pgqueuer_picked_slot_idx",
    "pgqueuer_held",
    "pgqueuer_log_unaggregated",
    "pgqueuer_log_window",
    "index pgqueuer_statistics_created",
    "table pgqueuer_pauses",
    "table pgqueuer_limits",
    "index pgqueuer_unique_dedupe_key",
    "index pgqueuer_log_job_id_status",
    "index pgqueuer_statistics_unique_count",
    "trigger",
    "function",
)

private fun PostgresDatabase.columns(table: String) = texts(
    """
    SELECT concat_ws(' ', attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'NOT NULL' END,
        pg_get_expr(adbin, adrelid))
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = '$table'::regclass AND attnum > 0 AND NOT attisdropped
    ORDER BY attnum
    """,
)

private fun PostgresDatabase.unlogged() =
    texts("SELECT relname FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r' ORDER BY relname")

/** Tables, types and functions of a schema. */
private fun PostgresDatabase.objectsOf(schema: String) = texts(
    """
    SELECT relname FROM pg_class WHERE relnamespace = '"$schema"'::regnamespace AND relkind IN ('r', 'S')
    UNION ALL SELECT typname FROM pg_type WHERE typnamespace = '"$schema"'::regnamespace AND typtype = 'e'
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = '"$schema"'::regnamespace
    ORDER BY 1
    """,
)
