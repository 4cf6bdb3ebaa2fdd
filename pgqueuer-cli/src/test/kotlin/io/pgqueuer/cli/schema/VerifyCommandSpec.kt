package io.pgqueuer.cli.schema

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.cli.Ended
import io.pgqueuer.cli.Queue
import io.pgqueuer.cli.execute
import io.pgqueuer.cli.pgq
import io.pgqueuer.test.PostgresFixture
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

class VerifyCommandSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    fun Ended.objects(): List<JsonObject> =
        out.lines().filter(String::isNotEmpty).map { Json.parseToJsonElement(it).jsonObject }

    fun JsonObject.text(name: String) = getValue(name).jsonPrimitive.content

    test("each difference is a line with its repair, and errors decide the exit code") {
        val queue = Queue(server.newDatabase())
        queue.database.execute("ALTER TABLE pgqueuer DISABLE TRIGGER tg_pgqueuer_changed")
        queue.database.execute("CREATE INDEX pgqueuer_log_status ON pgqueuer_log (status)")

        queue.pgq("verify").run {
            exitCode shouldBe 0
            out shouldBe "present\n"
            err.lines().filter(String::isNotEmpty) shouldContainExactly listOf(
                "pgq: warning: notifications are off: trigger tg_pgqueuer_changed of pgqueuer is disabled, and idle " +
                    "workers find jobs when they poll; `pgq notifications on` enables it",
                "pgq: warning: only statements of Python PgQueuer use index pgqueuer_log_status of pgqueuer_log; " +
                    "if no Python worker is left, `pgq upgrade --no-python-indexes` drops it",
            )
        }

        queue.database.execute("DROP INDEX pgqueuer_held; CREATE INDEX pgqueuer_held ON pgqueuer (priority)")
        queue.database.execute("ALTER TABLE pgqueuer DROP COLUMN rescues")
        queue.pgq("verify").run {
            exitCode shouldBe 1
            out.shouldBeEmpty()
            val lines = err.lines().filter(String::isNotEmpty)
            lines.size shouldBe 4
            lines[0] shouldBe "pgq: column rescues of pgqueuer is missing; run `pgq upgrade`"
            lines[1] shouldBe
                "pgq: index pgqueuer_held of pgqueuer is defined otherwise: btree (priority), not btree " +
                "(id) WHERE status = 'failed'; run `pgq upgrade`"
        }
    }

    test("--json prints one object for each difference, with the same keys") {
        val queue = Queue(server.newDatabase())
        queue.pgq("verify", "--json").run {
            exitCode shouldBe 0
            (out + err).shouldBeEmpty()
        }
        queue.database.execute("ALTER TABLE pgqueuer ALTER COLUMN created DROP DEFAULT; DROP TABLE pgqueuer_pauses")
        queue.database.execute("CREATE INDEX pgqueuer_heartbeat_id_id1_idx ON pgqueuer (heartbeat)")

        val ended = queue.pgq("verify", "--json")
        ended.exitCode shouldBe 1
        ended.err.shouldBeEmpty()
        val objects = ended.objects()
        objects.map { it.keys.toList() }.distinct() shouldBe
            listOf(listOf("object", "of", "difference", "severity", "found", "expected", "problem", "fix"))
        objects.map { listOf(it.text("object"), it.text("of"), it.text("difference"), it.text("severity")) }
            .shouldContainExactlyInAnyOrder(
                listOf("table pgqueuer_pauses", "null", "missing", "error"),
                listOf("default created", "pgqueuer", "missing", "error"),
                listOf("index pgqueuer_heartbeat_id_id1_idx", "pgqueuer", "left-over", "warning"),
            )
        val default = objects.single { it.text("object") == "default created" }
        default["found"] shouldBe JsonNull
        default.text("expected") shouldBe "now()"
        default.text("fix") shouldBe "run `pgq upgrade`"

        queue.pgq("upgrade").exitCode shouldBe 0
        queue.pgq("verify", "--json").objects() shouldBe emptyList()
    }

    test("a queue that is not installed, or should not be, is reported for programs, too") {
        val database = server.newDatabase()
        val absent = pgq("verify", "--json", "--dsn", database.dsn)
        absent.exitCode shouldBe 1
        absent.objects().single().run {
            text("object") shouldBe "queue pgqueuer"
            text("difference") shouldBe "missing"
            text("fix") shouldContain "pgq install"
        }
        val queue = Queue(database)
        queue.pgq("verify", "--json", "--expect", "absent").run {
            exitCode shouldBe 1
            objects().map { it.text("object") } shouldContainExactlyInAnyOrder listOf(
                "type pgqueuer_status",
                "table pgqueuer",
                "table pgqueuer_log",
                "table pgqueuer_statistics",
                "table pgqueuer_schedules",
                "table pgqueuer_pauses",
                "table pgqueuer_limits",
                "function fn_pgqueuer_changed",
                "function fn_pgqueuer_log_level",
            )
        }
    }
})
