package io.pgqueuer.cli.schema

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.cli.execute
import io.pgqueuer.cli.pgq
import io.pgqueuer.cli.query
import io.pgqueuer.cli.shouldBeAnError
import io.pgqueuer.cli.tables
import io.pgqueuer.test.PostgresFixture

class SchemaCommandsSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    test("install, verify and uninstall can be repeated") {
        val database = server.newDatabase()
        fun pgq(vararg args: String) = pgq(*args, environment = mapOf("PGQUEUER_DSN" to database.dsn))

        pgq("verify", "--expect", "absent").exitCode shouldBe 0
        pgq("verify").shouldBeAnError("pgq install")

        pgq("install").exitCode shouldBe 0
        database.tables() shouldContainAll
            listOf("", "_limits", "_log", "_pauses", "_schedules", "_statistics").map { "pgqueuer$it" }
        pgq("verify").exitCode shouldBe 0
        pgq("verify", "--expect", "absent").shouldBeAnError("pgq uninstall")
        pgq("install").exitCode shouldBe 0

        pgq("uninstall", "--yes").exitCode shouldBe 0
        database.tables().shouldBeEmpty()
        pgq("verify", "--expect", "absent").exitCode shouldBe 0
        pgq("uninstall").exitCode shouldBe 0
    }

    test("upgrade adds what Python's tables lack, and names install if there are none") {
        val database = server.newDatabase()
        val sql = pgq("sql", "upgrade", environment = mapOf("PGQUEUER_DSN" to "postgresql://nowhere.invalid/x"))
        pgq("upgrade", "--dsn", database.dsn).shouldBeAnError("pgq install")
        pgq("install", "--dsn", database.dsn).exitCode shouldBe 0

        database.execute("ALTER TABLE pgqueuer DROP COLUMN rescues")
        pgq("verify", "--dsn", database.dsn).shouldBeAnError("column rescues of pgqueuer", "pgq upgrade")
        pgq("upgrade", "--dsn", database.dsn).exitCode shouldBe 0
        pgq("verify", "--dsn", database.dsn).exitCode shouldBe 0

        database.execute("ALTER TABLE pgqueuer DROP COLUMN lease_epoch")
        database.execute(sql.out)
        pgq("verify", "--dsn", database.dsn).exitCode shouldBe 0
    }

    test("an upgrade shows its plan, and rewrites tables only if it may") {
        val database = server.newDatabase()
        fun pgq(vararg args: String) = pgq(*args, environment = mapOf("PGQUEUER_DSN" to database.dsn))
        fun type() = database.query(
            "SELECT format_type(atttypid, NULL) FROM pg_attribute " +
                "WHERE attname = 'id' AND attrelid = 'pgqueuer'::regclass",
        )

        pgq("upgrade", "--plan").shouldBeAnError("pgq install")
        pgq("install").exitCode shouldBe 0
        pgq("upgrade", "--plan").out.trim() shouldBe "-- up to date"

        database.execute("DROP INDEX pgqueuer_held; ALTER TABLE pgqueuer ALTER COLUMN id TYPE int")
        val plan = pgq("upgrade", "--plan")
        plan.exitCode shouldBe 0
        plan.out shouldContain "CREATE INDEX IF NOT EXISTS pgqueuer_held"
        plan.out shouldContain "ALTER TABLE pgqueuer ALTER COLUMN id TYPE bigint"
        type() shouldBe listOf("integer")

        val refused = pgq("upgrade")
        refused.exitCode shouldBe 1
        refused.out.shouldBeEmpty()
        refused.err shouldContain "This rewrites the table."
        refused.err shouldContain "-- locks pgqueuer: ACCESS EXCLUSIVE (blocks reads and writes), about 0 rows, "
        refused.err shouldContain "--yes"
        type() shouldBe listOf("integer")
        pgq("verify").run {
            exitCode shouldBe 1
            out.shouldBeEmpty()
            err.lines().filter(String::isNotEmpty) shouldBe listOf(
                "pgq: index pgqueuer_held of pgqueuer is missing; run `pgq upgrade`",
                "pgq: column id of pgqueuer is integer, not bigint; run `pgq upgrade`",
            )
        }

        pgq("upgrade", "--yes").out.trim() shouldBe "up to date"
        type() shouldBe listOf("bigint")
        database.execute(plan.out)
        pgq("upgrade", "--plan").out.trim() shouldBe "-- up to date"
    }

    test("the indexes that Python needs are added and dropped on request") {
        val database = server.newDatabase()
        fun pgq(vararg args: String) = pgq(*args, environment = mapOf("PGQUEUER_DSN" to database.dsn))
        fun present() = database.query(
            "SELECT count(*) FROM pg_class WHERE relname IN ('pgqueuer_ep_ea_idx', 'pgqueuer_log_status')",
        )

        pgq("install", "--python-indexes").exitCode shouldBe 0
        present() shouldBe listOf("2")
        pgq("upgrade").exitCode shouldBe 0
        present() shouldBe listOf("2")
        pgq("upgrade", "--no-python-indexes", "--plan").out shouldContain "DROP INDEX IF EXISTS pgqueuer_ep_ea_idx"
        present() shouldBe listOf("2")
        pgq("upgrade", "--no-python-indexes").exitCode shouldBe 0
        present() shouldBe listOf("0")
        pgq("upgrade", "--python-indexes").exitCode shouldBe 0
        present() shouldBe listOf("2")
        database.execute(pgq("sql", "upgrade", "--no-python-indexes").out)
        present() shouldBe listOf("0")
        database.execute(pgq("sql", "upgrade", "--python-indexes").out)
        present() shouldBe listOf("2")
    }

    test("a verify warns of what works otherwise than installed") {
        val database = server.newDatabase()
        pgq("install", "--no-notifications", "--dsn", database.dsn).exitCode shouldBe 0

        val ended = pgq("verify", "--dsn", database.dsn)

        ended.exitCode shouldBe 0
        ended.out.trim() shouldBe "present"
        ended.err shouldContain "pgq: warning: notifications are off"
    }

    test("prefix and schema can stand before and after the command, and the later one wins") {
        val database = server.newDatabase()
        database.execute("CREATE SCHEMA inner_one")

        pgq("--pg-dsn", database.dsn, "--prefix", "a_", "install").exitCode shouldBe 0
        pgq("--pg-dsn", "postgresql://nowhere.invalid/x", "install", "--dsn", database.dsn, "--prefix", "b_")
            .exitCode shouldBe 0
        pgq("--prefix", "no_", "install", "--dsn", database.dsn, "--prefix", "c_", "--schema", "inner_one")
            .exitCode shouldBe 0

        database.tables() shouldContainAll listOf("a_pgqueuer", "b_pgqueuer")
        database.tables("inner_one") shouldContainAll listOf("c_pgqueuer")
    }

    test("pgq sql install prints the SQL that an install runs, without connecting") {
        val nowhere = mapOf("PGQUEUER_DSN" to "postgresql://nowhere.invalid/x")

        val sql = pgq("sql", "install", "--durability", "volatile", "--prefix", "dry_", environment = nowhere)

        sql.exitCode shouldBe 0
        sql.err.shouldBeEmpty()
        sql.out shouldContain "CREATE UNLOGGED TABLE dry_pgqueuer ("
        val database = server.newDatabase()
        database.execute(sql.out)
        pgq("verify", "--dsn", database.dsn, "--prefix", "dry_").exitCode shouldBe 0
    }

    test("the durability decides which tables are logged") {
        val database = server.newDatabase()
        pgq("install", "--durability", "balanced", "--dsn", database.dsn).exitCode shouldBe 0

        database.query("SELECT relname FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r' ORDER BY 1") shouldBe
            listOf("pgqueuer_log", "pgqueuer_statistics")
    }

    test("each property of a queue is changed by its command, and shown as SQL by pgq sql") {
        val database = server.newDatabase()
        fun pgq(vararg args: String) = pgq(*args, environment = mapOf("PGQUEUER_DSN" to database.dsn))
        fun enabled() = database.query("SELECT tgenabled FROM pg_trigger WHERE tgname = 'tg_pgqueuer_changed'")
        fun level() = database.query("SELECT fn_pgqueuer_log_level()")

        pgq("log-level", "failures").shouldBeAnError("pgq install")
        pgq("install", "--log-level", "terminal", "--no-notifications").exitCode shouldBe 0
        level() shouldBe listOf("terminal")
        enabled() shouldBe listOf("D")

        pgq("log-level", "failures").out.trim() shouldBe "log-level: failures"
        level() shouldBe listOf("failures")
        pgq("notifications", "on").out.trim() shouldBe "notifications: on"
        enabled() shouldBe listOf("O")
        pgq("durability", "volatile", "--yes").out.trim() shouldBe "durability: volatile"
        database.query("SELECT count(*) FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r'") shouldBe
            listOf("6")
        level() shouldBe listOf("failures")

        val sql = pgq("sql", "durability", "durable")
        database.query("SELECT count(*) FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r'") shouldBe
            listOf("6")
        database.execute(sql.out)
        database.query("SELECT count(*) FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r'") shouldBe
            listOf("0")
        pgq("log-level", "loud").exitCode shouldBe 2
    }

    test("autovac sets how often the tables are vacuumed, and --rollback undoes it") {
        val database = server.newDatabase()
        fun pgq(vararg args: String) = pgq(*args, environment = mapOf("PGQUEUER_DSN" to database.dsn))
        fun options() = database.query(
            "SELECT relname FROM pg_class WHERE relname ~ '^pgqueuer(_log)?$' AND reloptions IS NOT NULL ORDER BY 1",
        )

        pgq("autovac").shouldBeAnError("pgq install")
        pgq("install").exitCode shouldBe 0
        pgq("sql", "autovac").out shouldContain "autovacuum_vacuum_threshold"
        options().shouldBeEmpty()
        pgq("autovac").run {
            exitCode shouldBe 0
            out.lines() shouldContainAll listOf(
                "pgqueuer.autovacuum_vacuum_threshold=5000",
                "pgqueuer_log.autovacuum_vacuum_scale_factor=0.02",
            )
        }
        options() shouldBe listOf("pgqueuer", "pgqueuer_log")
        pgq("autovac").out shouldBe "nothing to change\n"
        database.query("SELECT unnest(reloptions) FROM pg_class WHERE relname = 'pgqueuer'") shouldContainAll
            listOf("autovacuum_vacuum_scale_factor=0", "autovacuum_vacuum_threshold=5000")
        pgq("autovac", "--rollback").run {
            exitCode shouldBe 0
            out.lines() shouldContainAll listOf("pgqueuer.autovacuum_vacuum_threshold: as the server's")
        }
        options().shouldBeEmpty()
    }

    test("the error for a queue that is not installed names the command that installs it") {
        val database = server.newDatabase()

        pgq("queue", "echo", "x", "--dsn", database.dsn).shouldBeAnError("pgq install")
        pgq("run", "io.pgqueuer.cli.TestWorkersKt::echoing", "--dsn", database.dsn).shouldBeAnError("pgq install")
    }

    test("a server that does not answer is reported within seconds") {
        pgq("verify", "--dsn", "postgresql://postgres@127.0.0.1:9/x").shouldBeAnError("127.0.0.1:9")
        pgq("queue", "echo", "--dsn", "postgresql://postgres@127.0.0.1:9/x").shouldBeAnError("127.0.0.1:9")
        pgq("verify", "--dsn", "postgresql://nowhere.invalid/x").shouldBeAnError("nowhere.invalid")
    }

    test("a wrong database, an invalid DSN and an invalid name are reported") {
        val dsn = server.database.copy(name = "no_such").dsn
        pgq("verify", "--dsn", dsn).shouldBeAnError("no_such")
        pgq("verify", "--dsn", "mysql://localhost/x")
            .shouldBeAnError("--pg-dsn: a connection string must be postgresql://")
        pgq("verify", "--dsn", server.dsn, "--prefix", "bad-").shouldBeAnError("--prefix: prefix must be letters, ")
        pgq("verify", "--dsn", server.dsn, environment = mapOf("PGQUEUER_PREFIX" to "bad-"))
            .shouldBeAnError("PGQUEUER_PREFIX: prefix must be letters, ")
    }

    test("stack traces are shown only with --verbose") {
        val ended = pgq("--verbose", "verify", "--dsn", "postgresql://postgres@127.0.0.1:9/x")

        ended.exitCode shouldBe 1
        ended.err shouldContain "at io.pgqueuer."
        pgq("verify", environment = mapOf("PGDSN" to "postgresql://postgres@127.0.0.1:9/x", "PGQ_DEBUG" to "1"))
            .err shouldContain "at io.pgqueuer."
    }
})
