package io.pgqueuer.cli.schema

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import io.pgqueuer.cli.Queue
import io.pgqueuer.cli.execute
import io.pgqueuer.cli.pgq
import io.pgqueuer.cli.query
import io.pgqueuer.test.PostgresFixture
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long

class UpgradeCommandSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    test("a plan shows each step with its locks and sizes, for people and programs, and can be run as it is") {
        val queue = Queue(server.newDatabase())
        queue.database.execute(
            "INSERT INTO pgqueuer (priority, entrypoint, status) " +
                "SELECT 0, 'e', 'queued' FROM generate_series(1, 1000); " +
                "DROP INDEX pgqueuer_held; ALTER TABLE pgqueuer_log ALTER COLUMN job_id TYPE int; " +
                "DROP FUNCTION fn_pgqueuer_log_level(); ANALYZE pgqueuer",
        )

        val plan = queue.pgq("upgrade", "--plan")
        plan.exitCode shouldBe 0
        plan.err.shouldBeEmpty()
        plan.out shouldStartWith "-- 3 steps, in one transaction: each lock is held until the end.\n"
        val comments = plan.out.lines().filter { it.startsWith("-- locks") || it.startsWith("-- rewrites") }
        comments.map { it.substringBefore(" rows, ") } shouldContainExactly listOf(
            "-- locks pgqueuer_log: ACCESS EXCLUSIVE (blocks reads and writes), about 0",
            "-- rewrites pgqueuer_log",
            "-- locks pgqueuer: SHARE (blocks writes), about 1,000",
            "-- locks no table",
        )

        val steps = queue.pgq("upgrade", "--plan", "--json").out.trim().lines()
            .map { Json.parseToJsonElement(it).jsonObject }
        steps.map { it.keys.toList() }.distinct() shouldBe listOf(listOf("step", "sql", "rewrites", "tables"))
        steps.map { it.getValue("rewrites").jsonPrimitive.boolean } shouldBe listOf(true, false, false)
        steps[1].getValue("tables").jsonArray.single().jsonObject.run {
            getValue("table").jsonPrimitive.content shouldBe "pgqueuer"
            getValue("lock").jsonPrimitive.content shouldBe "SHARE"
            getValue("rows").jsonPrimitive.long shouldBe 1_000
            (getValue("bytes").jsonPrimitive.long > 100_000) shouldBe true
        }

        queue.database.execute(plan.out)
        queue.pgq("upgrade", "--plan").out shouldBe "-- up to date\n"
        queue.pgq("upgrade", "--plan", "--json").run {
            exitCode shouldBe 0
            out.shouldBeEmpty()
            err shouldBe "up to date\n"
        }
        val objects = "SELECT oid || ' ' || xmin FROM pg_class ORDER BY oid"
        val before = queue.database.query(objects)
        queue.pgq("upgrade").out shouldBe "up to date\n"
        queue.database.query(objects) shouldBe before
    }

    test("a plan drops Python's indexes only if there are some") {
        val queue = Queue(server.newDatabase())
        queue.pgq("upgrade", "--plan", "--no-python-indexes").out shouldBe "-- up to date\n"
        queue.database.execute("CREATE INDEX pgqueuer_log_status ON pgqueuer_log (status)")
        val plan = queue.pgq("upgrade", "--plan", "--no-python-indexes").out
        plan shouldStartWith "-- 1 step, in one transaction"
        plan shouldContain "DROP INDEX IF EXISTS pgqueuer_log_status;"
    }

    test("two upgrades at once are safe: both succeed, and one has made the steps") {
        val queue = Queue(server.newDatabase())
        queue.database.execute(
            "DROP INDEX pgqueuer_held, pgqueuer_picked, pgqueuer_immediate; DROP TABLE pgqueuer_pauses; " +
                "ALTER TABLE pgqueuer DROP COLUMN rescues, DROP COLUMN lease_epoch",
        )
        val both = List(2) { queue.start("upgrade", "--python-indexes") }
        both.map { process -> process.use { it.await() } }.forEach {
            it.exitCode shouldBe 0
            it.out shouldBe "up to date\n"
        }
        queue.pgq("upgrade", "--plan", "--python-indexes").out shouldBe "-- up to date\n"
    }

    test("--json without --plan is wrong usage") {
        val ended = pgq("upgrade", "--json")
        ended.exitCode shouldBe 2
        ended.err shouldContain "--json needs --plan"
    }
})
