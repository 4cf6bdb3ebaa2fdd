package io.pgqueuer.cli

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.doubles.shouldBeGreaterThanOrEqual
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldStartWith
import io.pgqueuer.test.PostgresFixture
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.double
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import java.time.ZoneId
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant
import kotlin.time.toJavaInstant

private const val WORKERS = "io.pgqueuer.cli.TestWorkersKt"

class LookSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    fun Ended.objects(): List<JsonObject> = out.trim().lines().map { Json.parseToJsonElement(it).jsonObject }

    fun Map<String, String>.slice(vararg names: String) = names.map { getValue(it) }

    fun JsonObject.text(name: String) = getValue(name).jsonPrimitive.content

    test("status shows the queue in a few lines, or as one object") {
        val queue = Queue(server.newDatabase())
        queue.pgq("status").out.lines() shouldContain "queued                 0"
        repeat(2) { queue.pgq("queue", "breaks") }
        queue.pgq("queue", "report", "--delay", "1h")
        queue.pgq("run", "$WORKERS::holding", "--mode", "drain").exitCode shouldBe 0
        queue.pgq("queue", "mail")

        queue.pgq("status").out.lines().map { it.split(Regex(" +")) }.filter { it.size == 2 }.associate { (a, b) ->
            a to
                b
        }
            .run {
                slice("queued", "due", "held", "failed_1h", "succeeded_1h", "durability", "notifications") shouldBe
                    listOf("2", "1", "2", "2", "0", "durable", "true")
            }
        val status = queue.pgq("status", "--json").objects().single()
        status.getValue("estimate") shouldBe JsonPrimitive(false)
        status.getValue("queue_size").jsonPrimitive.long shouldBeGreaterThan 8_000
    }

    test("backlog shows each entrypoint, as a table and as JSON") {
        val queue = Queue(server.newDatabase())
        queue.pgq("backlog").run {
            exitCode shouldBe 0
            out.shouldBeEmpty()
            err shouldBe "the queue is empty\n"
        }
        repeat(2) { queue.pgq("queue", "mail") }
        queue.pgq("queue", "report", "--delay", "1h")
        queue.database.execute("INSERT INTO pgqueuer_limits (entrypoint, concurrency_limit) VALUES ('mail', 50)")
        queue.database.execute(
            "UPDATE pgqueuer SET created = created - interval '90 s', execute_after = execute_after - interval '90 s'",
        )

        queue.pgq("backlog").out.trim().lines().map { it.split(Regex(" +")).take(5) } shouldContainExactly listOf(
            listOf("entrypoint", "queued", "due", "running", "held"),
            listOf("mail", "2", "2", "0", "0"),
            listOf("report", "1", "0", "0", "0"),
        )
        val (mail, report) = queue.pgq("backlog", "--json").objects()
        mail.text("queued") shouldBe "2"
        (mail.text("limit") to report["limit"]) shouldBe ("50" to JsonNull)
        mail.getValue("overdue").jsonPrimitive.double shouldBeGreaterThanOrEqual 90.0
        report.getValue("overdue").jsonPrimitive.double shouldBe 0.0
    }

    test("jobs are found by conditions, in pages, and a wrong condition is explained") {
        val queue = Queue(server.newDatabase())
        val ids = List(3) { queue.pgq("queue", "mail", "--priority", "$it").out.trim() }
        queue.pgq("queue", "report")

        val first = queue.pgq("jobs", "entrypoint:mail", "status:queued", "--limit", "2", "--json")
        first.objects().map { it.text("id") } shouldContainExactly ids.take(2)
        first.err shouldBe "there may be more: --after ${ids[1]}\n"
        queue.pgq("jobs", "entrypoint:mail", "--after", ids[1]).out.lines()[1] shouldStartWith ids[2]
        queue.pgq("jobs", "status:failed").run {
            out.shouldBeEmpty()
            err shouldBe "no job matches\n"
        }
        queue.pgq("jobs", "colour:red").shouldBeAnError("'colour' is no condition", "the names are status, entrypoint")
    }

    test("the log is shown oldest first, by entrypoint and status, and followed as it grows") {
        val queue = Queue(server.newDatabase())
        queue.pgq("log").err shouldBe "the log has no such entry\n"
        val id = queue.pgq("queue", "breaks").out.trim()
        queue.pgq("run", "$WORKERS::holding", "--mode", "drain")
        queue.pgq("queue", "mail")

        queue.pgq("log", "--json").objects().map { it.text("status") } shouldBe
            listOf("queued", "picked", "failed", "queued")
        val failed = queue.pgq("log", "--status", "failed", "--status", "exception", "--entrypoint", "breaks")
        failed.out.trim().lines().single { it.contains("failed") && it.contains(" $id ") } shouldContain
            "java.lang.IllegalStateException: broken"
        queue.pgq("log", "--failure", "IllegalStateException", "--priority", "0", "--json").objects()
            .map { it.text("status") } shouldBe listOf("failed")
        queue.pgq("log", "--failure", "IOException").err shouldBe "the log has no such entry\n"
        queue.start("log", "--follow", "--limit", "1").use { tail ->
            eventually(30.seconds) { tail.out shouldContain "mail  queued" }
            queue.pgq("queue", "later")
            eventually(30.seconds) { tail.out shouldContain "later  queued" }
            tail.out shouldNotContain "breaks"
            tail.signal("TERM")
            tail.await().exitCode shouldBe 143
        }
    }

    test("listen prints the notifications that arrive") {
        val queue = Queue(server.newDatabase())
        queue.start("listen", "--json").use { listener ->
            eventually(30.seconds) { listener.err shouldContain "listening" }
            val id = queue.pgq("queue", "mail").out.trim()
            queue.pgq("cancel", id)
            eventually(30.seconds) {
                val events = listener.out.trim().lines().map { Json.parseToJsonElement(it).jsonObject }
                events.map { it.text("event") } shouldBe listOf("insert", "delete", "cancel")
                events.last().text("detail") shouldBe id
            }
            listener.signal("INT")
            listener.await().exitCode shouldBe 130
        }
    }

    test("job shows a job and its log with the last failure, without its payload") {
        val queue = Queue(server.newDatabase())
        val id = queue.pgq("queue", "breaks", "secret payload", "--dedupe-key", "k").out.trim()
        queue.pgq("run", "$WORKERS::holding", "--mode", "drain").exitCode shouldBe 0

        val shown = queue.pgq("job", id)
        shown.exitCode shouldBe 0
        val lines = shown.out.lines()
        lines.first().split(Regex(" +")) shouldBe listOf("id", id)
        lines.single { it.startsWith("status ") && !it.contains("failure") } shouldContain "failed"
        lines.single { it.startsWith("dedupe_key") } shouldContain "k"
        lines.single { it.startsWith("payload_bytes") } shouldContain "14"
        shown.out shouldNotContain "secret"
        lines.filter { "java.lang.IllegalStateException: broken" in it }.size shouldBe 2
        shown.out shouldContain "  at io.pgqueuer.cli.TestWorkersKt"

        val json = queue.pgq("job", id, "--json").objects().single()
        json.getValue("job").jsonObject.text("status") shouldBe "failed"
        json.getValue("log").jsonArray.map { it.jsonObject.text("status") } shouldBe
            listOf("queued", "picked", "failed")
    }

    test("job shows the log of a job that has ended, and an error for one that does not exist") {
        val queue = Queue(server.newDatabase())
        val id = queue.pgq("queue", "echo", "text").out.trim()
        queue.pgq("run", "$WORKERS::echoing", "--mode", "drain")

        queue.pgq("job", id).out shouldStartWith "job $id has ended; its log:\n"
        val json = queue.pgq("job", id, "--json").objects().single()
        json["job"] shouldBe JsonNull
        val (queued, picked, ended) = json.getValue("log").jsonArray.map { it.jsonObject }
        ended.text("status") shouldBe "successful"
        listOf(queued, ended).map { it["worker"] to it["lease_epoch"] }.distinct() shouldBe listOf(JsonNull to JsonNull)
        picked.text("lease_epoch").toLong() shouldBeGreaterThan 0
        queue.pgq("log", "--json").objects().map { it["worker"] } shouldBe listOf(JsonNull, picked["worker"], JsonNull)
        queue.pgq("job", id).out shouldContain picked.text("worker")
        queue.pgq("job", "4711").shouldBeAnError("there is no job 4711")
    }

    test("workers and stale show who holds jobs, and whose heartbeat is old") {
        val queue = Queue(server.newDatabase())
        queue.pgq("workers").err shouldBe "no worker holds a job\n"
        val id = queue.pgq("queue", "e").out.trim()
        val worker = "00000000-0000-0000-0000-000000000007"
        queue.database.execute(
            "UPDATE pgqueuer SET status = 'picked', queue_manager_id = '$worker', heartbeat = now() - interval '60 s'",
        )

        val held = queue.pgq("workers", "--json").objects().single()
        held.text("worker") shouldBe worker
        held.text("jobs") shouldBe "1"
        held.getValue("heartbeat_age").jsonPrimitive.double shouldBeGreaterThanOrEqual 60.0
        val stale = queue.pgq("stale").out.trim().lines()
        stale.size shouldBe 2
        stale.last().split(Regex(" +")).take(3) shouldBe listOf(id, "e", worker)
        queue.pgq("stale", "--age", "1h").run {
            out.shouldBeEmpty()
            err shouldBe "no heartbeat is that old\n"
        }
    }

    test("schedules are listed with their next run") {
        val queue = Queue(server.newDatabase())
        queue.pgq("schedules").err shouldBe "no worker has registered a schedule\n"
        queue.database.execute(
            "INSERT INTO pgqueuer_schedules (expression, entrypoint, next_run) " +
                "VALUES ('0 3 * * *', 'nightly report', '2030-01-02 03:00:00Z')",
        )

        val schedule = queue.pgq("schedules", "--json").objects().single()
        schedule.text("name") shouldBe "nightly report"
        schedule.text("expression") shouldBe "0 3 * * *"
        schedule.text("zone") shouldBe "UTC"
        schedule["paused_since"] shouldBe JsonNull
        schedule.text("next_run") shouldBe "2030-01-02T03:00:00Z"
        schedule["last_run"] shouldBe JsonNull
        queue.pgq("schedules").out.lines()[1] shouldContain "2030-01-02T03:00:00Z  -"
    }

    test("schedules are run now and removed by their ids") {
        val queue = Queue(server.newDatabase())
        queue.database.execute(
            "INSERT INTO pgqueuer_schedules (expression, entrypoint, next_run) " +
                "VALUES ('0 3 * * *', 'nightly', '2030-01-02 03:00:00Z')",
        )
        val id = queue.pgq("schedules", "--json").objects().single().text("id")

        queue.pgq("schedules", "--run-now", id).out shouldBe "$id\n"
        queue.database.query("SELECT next_run <= now() FROM pgqueuer_schedules") shouldBe listOf("t")
        queue.pgq("schedules", "--remove", id).run {
            exitCode shouldBe 1
            err shouldContain "nightly"
            err shouldContain
                "nothing is changed: no terminal is attached to ask 'Remove these schedules?'; confirm with --yes"
        }
        queue.pgq("schedules", "--remove", id, "--yes").out shouldBe "$id\n"
        queue.pgq("schedules", "--run-now", id).shouldBeAnError("not there, running at the moment, or paused: $id")
        queue.pgq("schedules", "--run-now", id, "--remove", id).exitCode shouldBe 2
    }

    test("schedules are paused and resumed by their ids, with their zones shown") {
        val queue = Queue(server.newDatabase())
        queue.database.execute(
            "INSERT INTO pgqueuer_schedules (expression, entrypoint, zone, next_run) " +
                "VALUES ('0 3 * * *', 'nightly', 'Europe/Berlin', '2030-01-02 03:00:00Z')",
        )
        fun schedule() = queue.pgq("schedules", "--json").objects().single()
        val id = schedule().text("id")

        queue.pgq("schedules", "--pause", id).out shouldBe "$id\n"
        schedule().run {
            text("zone") shouldBe "Europe/Berlin"
            text("status") shouldBe "queued"
            this["next_run"] shouldBe JsonNull
            Instant.parse(text("paused_since"))
        }
        queue.pgq("schedules").out.lines().run {
            first().split(Regex(" +")) shouldBe
                listOf("id", "name", "expression", "zone", "status", "paused_since", "next_run", "last_run")
            this[1] shouldContain Regex("Europe/Berlin  queued  \\S+Z +-  +-$")
        }
        queue.pgq("status", "--json").objects().single()["next_schedule"] shouldBe JsonNull
        queue.pgq("schedules", "--run-now", id).shouldBeAnError("paused; resume it first: $id")

        queue.pgq("schedules", "--resume", id).out shouldBe "$id\n"
        schedule()["paused_since"] shouldBe JsonNull
        val next = Instant.parse(schedule().text("next_run")).toJavaInstant().atZone(ZoneId.of("Europe/Berlin"))
        next.hour shouldBe 3
        queue.pgq("schedules", "--resume", id).shouldBeAnError("not paused, and so not resumed: $id")
        queue.pgq("schedules", "--pause", "4711").shouldBeAnError("not there, and so not paused: 4711")
        queue.pgq("schedules", "--pause", id, "--resume", id).exitCode shouldBe 2
    }

    test("cancel deletes a queued job and stops a running one") {
        val queue = Queue(server.newDatabase())
        val (queued, running) = List(2) { queue.pgq("queue", "endless").out.trim() }
        queue.database.execute("UPDATE pgqueuer SET execute_after = now() + interval '1 day' WHERE id = $queued")
        queue.start("run", "$WORKERS::endless").use { worker ->
            eventually(30.seconds) { queue.statuses().sorted() shouldBe listOf("picked", "queued") }

            val canceled = queue.pgq("cancel", queued, running)
            canceled.exitCode shouldBe 0
            canceled.out shouldBe "$queued\n$running\n"
            eventually(30.seconds) { queue.statuses() shouldBe emptyList() }
            queue.database.query("SELECT DISTINCT status FROM pgqueuer_log WHERE status >= 'successful'") shouldBe
                listOf("canceled")
            worker.signal("TERM")
            worker.await().exitCode shouldBe 0
        }
        queue.pgq("cancel", queued).shouldBeAnError("neither queued nor running", queued, "`pgq job ID` shows a job")
    }
})
