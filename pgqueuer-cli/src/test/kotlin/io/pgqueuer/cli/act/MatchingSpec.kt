package io.pgqueuer.cli.act

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.cli.Queue
import io.pgqueuer.cli.execute
import io.pgqueuer.cli.query
import io.pgqueuer.cli.shouldBeAnError
import io.pgqueuer.test.PostgresFixture
import kotlin.time.Duration.Companion.seconds

/** Changes of all jobs that match a filter. */
class MatchingSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    fun Queue.insert(count: Int, entrypoint: String, status: String, key: String = "NULL") = database.execute(
        "INSERT INTO pgqueuer (priority, status, entrypoint, dedupe_key) " +
            "SELECT 0, '$status', '$entrypoint', $key FROM generate_series(1, $count) AS i",
    )

    fun Queue.count(condition: String) =
        database.query("SELECT count(*) FROM pgqueuer WHERE $condition").single().toInt()

    test("without --yes and a terminal it shows what matches, and changes nothing") {
        val queue = Queue(server.newDatabase())
        queue.insert(7, "mail", "failed")
        queue.pgq("requeue", "--all-matching", "entrypoint:mail").run {
            exitCode shouldBe 1
            out.shouldBeEmpty()
            err shouldContain "entrypoint  status"
            err shouldContain "… and 2 more"
            err shouldContain "nothing is changed: no terminal is attached to ask 'Requeue 7 jobs?'; confirm with --yes"
        }
        queue.count("status = 'failed'") shouldBe 7
    }

    test("all that match are requeued in chunks, and others are left as they are") {
        val queue = Queue(server.newDatabase())
        queue.insert(1_200, "mail", "failed")
        queue.insert(3, "report", "failed")
        queue.insert(3, "mail", "queued")
        queue.pgq("requeue", "--all-matching", "entrypoint:mail", "--yes").run {
            exitCode shouldBe 0
            out shouldBe "1200\n"
            err shouldContain "1200 of 1200 jobs"
        }
        queue.count("status = 'queued' AND entrypoint = 'mail'") shouldBe 1_203
        queue.count("status = 'failed'") shouldBe 3
        queue.database.query("SELECT count(*) FROM pgqueuer_log WHERE status = 'queued'") shouldBe listOf("1200")
    }

    test("jobs whose dedupe key is taken are counted and left, and the others are requeued") {
        val queue = Queue(server.newDatabase())
        queue.insert(10, "mail", "failed", key = "'k' || i")
        queue.insert(1, "mail", "queued", key = "'k3'")
        queue.pgq("requeue", "--all-matching", "status:failed", "--yes").run {
            exitCode shouldBe 0
            out shouldBe "9\n"
            err shouldContain "1 of them could not be changed"
        }
        queue.database.query("SELECT dedupe_key FROM pgqueuer WHERE status = 'failed'") shouldBe listOf("k3")
    }

    test("cancel takes queued and running jobs, and dismiss takes held ones") {
        val queue = Queue(server.newDatabase())
        queue.insert(2, "mail", "queued")
        queue.insert(2, "mail", "picked")
        queue.insert(2, "mail", "failed")
        queue.pgq("cancel", "--all-matching", "entrypoint:mail", "--yes").out shouldBe "4\n"
        queue.count("status = 'picked' AND cancel_requested IS NOT NULL") shouldBe 2
        queue.count("status = 'queued'") shouldBe 0
        queue.pgq("dismiss", "--all-matching", "entrypoint:mail", "--yes").out shouldBe "2\n"
        queue.count("status = 'failed'") shouldBe 0
    }

    test("run-now makes jobs due, by their ids or all that match") {
        val queue = Queue(server.newDatabase())
        val (due, first, second) = listOf("0s", "1h", "2h").map { queue.pgq("queue", "mail", "--delay", it).out.trim() }
        val partly = queue.pgq("run-now", due, first)
        partly.exitCode shouldBe 1
        partly.out shouldBe "$first\n"
        partly.err shouldContain "not queued, or due already, and so not changed: $due"
        queue.pgq("run-now", "--all-matching", "entrypoint:mail", "--yes").run {
            exitCode shouldBe 0
            out shouldBe "1\n"
            err shouldContain "2 of them could not be changed"
        }
        queue.count("execute_after <= now() AND id = $second") shouldBe 1
    }

    test("jobs are found by values in their payloads") {
        val queue = Queue(server.newDatabase())
        queue.pgq("queue", "mail", """{"customer": {"id": 42}}""")
        queue.pgq("queue", "mail", """{"customer": {"id": 43}}""")
        queue.pgq("jobs", "payload.customer.id:43").out.trim().lines().drop(1)
            .map { it.trim().substringBefore(' ') } shouldBe listOf("2")
        queue.pgq("cancel", "--all-matching", "payload.customer.id:42", "--yes").out shouldBe "1\n"
        queue.count("id = 2") shouldBe 1
    }

    test("wrong use is explained, and changes nothing") {
        val queue = Queue(server.newDatabase())
        queue.insert(2, "mail", "failed")
        queue.pgq("requeue").run {
            exitCode shouldBe 2
            err shouldContain "name the jobs by their ids, or use --all-matching"
        }
        queue.pgq("requeue", "1", "--all-matching", "entrypoint:mail").exitCode shouldBe 2
        queue.pgq("requeue", "--all-matching", "", "--yes").shouldBeAnError("--all-matching needs a condition")
        queue.pgq("requeue", "--all-matching", "status:queued", "--yes")
            .shouldBeAnError("requeue changes jobs with status failed, and the filter wants status:queued")
        queue.pgq("cancel", "--all-matching", "colour:red", "--yes").shouldBeAnError("'colour' is no condition")
        queue.pgq("dismiss", "--all-matching", "entrypoint:other", "--yes").run {
            exitCode shouldBe 0
            err shouldBe "no job matches entrypoint:other\n"
        }
        queue.count("status = 'failed'") shouldBe 2
    }

    test("a signal ends it between chunks, and it says how many it has changed") {
        val queue = Queue(server.newDatabase())
        queue.insert(1_500, "mail", "failed")
        queue.database.execute(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END';
            CREATE TRIGGER slow AFTER UPDATE ON pgqueuer EXECUTE FUNCTION slow();
            """,
        )
        queue.start("requeue", "--all-matching", "entrypoint:mail", "--yes").use { requeue ->
            eventually(30.seconds) { queue.count("status = 'queued'") shouldBe 500 }
            requeue.signal("INT")
            val ended = requeue.await()
            ended.exitCode shouldBe 130
            val changed = queue.count("status = 'queued'")
            (changed < 1_500) shouldBe true
            ended.out.trim().toInt() shouldBe changed
        }
    }
})
