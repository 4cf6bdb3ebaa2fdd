package io.pgqueuer.cli.schema

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.Durability
import io.pgqueuer.LogLevel
import io.pgqueuer.QueueProperties
import io.pgqueuer.cli.execute
import io.pgqueuer.cli.pgq
import io.pgqueuer.cli.shouldBeAnError
import io.pgqueuer.cli.tables
import io.pgqueuer.exposed.PostgresSchema
import io.pgqueuer.test.PostgresFixture

/** The SQL is the library's own, whatever the environment says of servers. */
class SqlCommandSpec : FunSpec({
    val schema = PostgresSchema("p_", "Jobs")
    val environment = mapOf(
        "PGQUEUER_DSN" to "mysql://nonsense",
        "PGPORT" to "no number",
        "PGQUEUER_PREFIX" to "p_",
        "PGQUEUER_SCHEMA" to "other",
    )
    val properties = QueueProperties {
        durability = Durability.BALANCED
        logLevel = LogLevel.TERMINAL
        notifications = false
    }

    for ((arguments, sql) in mapOf(
        "install" to schema.installSql(),
        "install --durability balanced --log-level terminal --no-notifications" to schema.installSql(properties),
        "install --python-indexes" to schema.installSql() + schema.pythonIndexesSql(),
        "upgrade" to schema.upgradeSql(),
        "upgrade --no-python-indexes" to schema.upgradeSql() + schema.pythonIndexesRollbackSql(),
        "uninstall" to schema.uninstallSql(),
        "autovac" to schema.autovacuumSql(),
        "autovac --rollback" to schema.autovacuumRollbackSql(),
        "durability volatile" to schema.durabilitySql(Durability.VOLATILE),
        "log-level failures" to schema.logLevelSql(LogLevel.FAILURES),
        "notifications off" to schema.notificationsSql(false),
    )) {
        test("pgq sql $arguments") {
            val ended = pgq("sql", *arguments.split(' ').toTypedArray(), "--schema", "Jobs", environment = environment)

            withClue(ended.err) { ended.exitCode shouldBe 0 }
            ended.err.shouldBeEmpty()
            ended.out shouldBe sql
            ended.out.trimEnd() shouldEndWith ";"
        }
    }

    test("a wrong prefix and a wrong schema are errors, with the option or the variable") {
        pgq("sql", "install", "--prefix", "bad-").shouldBeAnError("--prefix: prefix must be letters, ")
        pgq("sql", "install", environment = mapOf("PGQUEUER_SCHEMA" to "bad-"))
            .shouldBeAnError("PGQUEUER_SCHEMA: schema must be letters, ")
    }

    test("options that only a change has are not in the help of its SQL, and are refused") {
        val help = pgq("sql", "upgrade", "--help")
        help.out shouldContain "--python-indexes"
        help.out shouldContain "--prefix"
        listOf("--yes", "--plan", "--json").forEach { help.out shouldNotContain it }
        pgq("sql", "uninstall", "--yes").exitCode shouldBe 2
        pgq("install", "--dry-run").exitCode shouldBe 2
    }

    test("the SQL of all changes runs in one transaction, one after the other") {
        PostgresFixture.start().use { server ->
            val database = server.newDatabase()
            val all = with(schema) {
                listOf(
                    installSql(properties), upgradeSql(), pythonIndexesSql(), autovacuumSql(),
                    durabilitySql(Durability.DURABLE), logLevelSql(LogLevel.FULL), notificationsSql(true),
                    pythonIndexesRollbackSql(), autovacuumRollbackSql(), upgradeSql(),
                )
            }
            database.execute(all.joinToString("\n", "BEGIN;\n", "COMMIT;"))
            pgq("verify", "--dsn", database.dsn, "--prefix", "p_", "--schema", "Jobs").run {
                exitCode shouldBe 0
                err.shouldBeEmpty()
            }
            database.execute(schema.uninstallSql())
            database.tables("Jobs") shouldBe emptyList()
        }
    }
})
