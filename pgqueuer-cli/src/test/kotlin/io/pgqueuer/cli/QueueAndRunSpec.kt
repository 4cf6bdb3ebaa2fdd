package io.pgqueuer.cli

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.test.PostgresFixture
import kotlin.time.Duration.Companion.seconds

private const val WORKERS = "io.pgqueuer.cli.TestWorkersKt"

class QueueAndRunSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    test("a queued job is run, and the worker reports what it did") {
        val queue = Queue(server.newDatabase())
        val id = queue.pgq("queue", "echo", "héllo").out.trim()

        val run = queue.pgq("run", "$WORKERS::echoing", "--mode", "drain")

        run.exitCode shouldBe 0
        run.out shouldBe "job $id: héllo\n"
        run.err shouldBe
            "succeeded 1, failed 0, held 0, retried 0, released 0, canceled 0, leases lost 0, " +
            "schedules run 0, schedules failed 0\n"
        queue.database.query("SELECT status FROM pgqueuer_log WHERE job_id = $id ORDER BY id") shouldBe
            listOf("queued", "picked", "successful")
    }

    test("a payload is an argument, stdin or absent, and these differ") {
        val queue = Queue(server.newDatabase())
        queue.pgq("queue", "e", "text").exitCode shouldBe 0
        queue.pgq("queue", "e", "-", stdin = "line 1\nline 2\n").exitCode shouldBe 0
        queue.pgq("queue", "e", "-", stdin = "").exitCode shouldBe 0
        queue.pgq("queue", "e").exitCode shouldBe 0
        queue.pgq("queue", "e", "--", "-5").exitCode shouldBe 0

        queue.database.query(
            "SELECT coalesce(convert_from(payload, 'UTF8'), 'none') FROM pgqueuer ORDER BY id",
        ) shouldBe
            listOf("text", "line 1\nline 2\n", "", "none", "-5")
    }

    test("priority, delay and dedupe key are stored") {
        val queue = Queue(server.newDatabase())
        queue.pgq("queue", "e", "--priority", "-7", "--delay", "1h 30m", "--dedupe-key", "k").exitCode shouldBe 0

        queue.database.query(
            "SELECT concat_ws(' ', priority, execute_after - created, dedupe_key) FROM pgqueuer",
        ) shouldBe
            listOf("-7 01:30:00 k")
    }

    test("a dedupe key that is taken fails, or skips the job with --on-conflict skip") {
        val queue = Queue(server.newDatabase())
        queue.pgq("queue", "e", "--dedupe-key", "k").exitCode shouldBe 0

        queue.pgq("queue", "e", "--dedupe-key", "k").shouldBeAnError("'k'")
        val skipped = queue.pgq("queue", "e", "--dedupe-key", "k", "--on-conflict", "skip")
        skipped.exitCode shouldBe 0
        skipped.out.shouldBeEmpty()
        skipped.err shouldContain "'k'"
        queue.statuses() shouldBe listOf("queued")
    }

    test("an invalid job is refused before anything is stored") {
        val queue = Queue(server.newDatabase())

        queue.pgq("queue", " ").shouldBeAnError("entrypoint must not be blank")
        queue.pgq("queue", "e", "--delay", "-1s").shouldBeAnError("delay must be >= 0")
        queue.statuses() shouldBe emptyList()
    }

    test("a job is enqueued for a time, with headers, and raises the priority of an active one") {
        val queue = Queue(server.newDatabase())
        val id = queue.pgq(
            "queue", "e", "--run-at", "2031-12-24T18:00:00+01:00", "--header", "tenant=acme", "--header", "a=b=c",
            "--dedupe-key", "k",
        ).out.trim()
        queue.database.query(
            "SELECT execute_after AT TIME ZONE 'UTC' || ' ' || headers FROM pgqueuer WHERE id = $id",
        ) shouldBe
            listOf("""2031-12-24 17:00:00 {"a": "b=c", "tenant": "acme"}""")
        queue.pgq(
            "queue",
            "e",
            "--priority",
            "9",
            "--dedupe-key",
            "k",
            "--on-conflict",
            "raise_priority",
        ).out.trim() shouldBe
            id
        queue.database.query("SELECT priority FROM pgqueuer") shouldBe listOf("9")
        queue.pgq("queue", "e", "--run-at", "tomorrow").run {
            exitCode shouldBe 2
            err shouldContain "'tomorrow' is no time; write it as in 2026-12-24T18:00:00Z"
        }
        queue.pgq("queue", "e", "--run-at", "2031-12-24T18:00:00Z", "--delay", "1h").shouldBeAnError("not both")
    }

    test("held jobs are listed page by page, and requeued by their ids") {
        val queue = Queue(server.newDatabase())
        val ids = List(3) { queue.pgq("queue", "breaks").out.trim() }
        queue.pgq("run", "$WORKERS::holding", "--mode", "drain").exitCode shouldBe 0

        val first = queue.pgq("failed", "--limit", "2")
        first.out shouldBe "id  entrypoint  attempts  failure\n" + ids.take(2).joinToString("") {
            "${it.padEnd(2)}  breaks             0  java.lang.IllegalStateException: broken\n"
        }
        first.err shouldContain "--after ${ids[1]}"
        queue.pgq("failed", "--after", ids[1]).out shouldContain ids[2]

        val requeued = queue.pgq("requeue", ids[0], ids[1])
        requeued.exitCode shouldBe 0
        requeued.out shouldBe "${ids[0]}\n${ids[1]}\n"
        queue.statuses().sorted() shouldBe listOf("failed", "queued", "queued")
        val partly = queue.pgq("requeue", ids[0], ids[2])
        partly.exitCode shouldBe 1
        partly.out shouldBe "${ids[2]}\n"
        partly.err shouldContain "not held, and so not requeued: ${ids[0]}"
        queue.statuses() shouldBe listOf("queued", "queued", "queued")
    }

    test("held jobs are counted, listed by entrypoint, and dismissed by their ids") {
        val queue = Queue(server.newDatabase())
        val ids = List(3) { queue.pgq("queue", "breaks").out.trim() }
        val run = queue.pgq("run", "$WORKERS::holding", "--mode", "drain", "--failure-severity", "off")
        run.exitCode shouldBe 0
        // The three handlers run at once, so any of the three can be the first that is held.
        val firstHeld = Regex("job (\\d+) is held, the first of entrypoint 'breaks' in this run")
        ids shouldContain firstHeld.findAll(run.err).single().groupValues[1]
        run.err shouldNotContain "in two lines"

        queue.pgq("backlog").out.lines()[1].split(Regex(" +")).take(5) shouldBe listOf("breaks", "0", "0", "0", "3")
        queue.pgq("failed", "--entrypoint", "breaks").out.lines().size shouldBe 5
        queue.pgq("failed", "--entrypoint", "other").out.shouldBeEmpty()

        val dismissed = queue.pgq("dismiss", ids[0], ids[1])
        dismissed.exitCode shouldBe 0
        dismissed.out shouldBe "${ids[0]}\n${ids[1]}\n"
        queue.statuses() shouldBe listOf("failed")
        val partly = queue.pgq("dismiss", ids[0], ids[2])
        partly.exitCode shouldBe 1
        partly.out shouldBe "${ids[2]}\n"
        partly.err shouldContain "not held, and so not dismissed: ${ids[0]}"
    }

    test("arguments after -- go to the factory") {
        val queue = Queue(server.newDatabase())
        queue.pgq("queue", "echo").exitCode shouldBe 0

        val run = queue.pgq("run", "$WORKERS::echoingWithArguments", "--mode", "drain", "--", "--batch-size", "x y")

        run.out shouldBe "[--batch-size, x y]\n"
    }

    test("the error of a factory that fails is one line") {
        val queue = Queue(server.newDatabase())

        queue.pgq("run", "$WORKERS::failing").shouldBeAnError("TestWorkersKt::failing failed: ")
        queue.pgq("run", "no.such.ClassKt::f").shouldBeAnError("there is no class no.such.ClassKt")
    }

    test("SIGTERM waits for handlers, and the exit code is 0") {
        val queue = Queue(server.newDatabase())
        queue.pgq("queue", "slow").exitCode shouldBe 0
        queue.start("run", "$WORKERS::slow").use { run ->
            eventually(30.seconds) { run.out shouldContain "started" }

            run.signal("TERM")
            val ended = run.await()

            ended.exitCode shouldBe 0
            ended.out shouldContain "ended"
            ended.err shouldContain "succeeded 1,"
            queue.statuses() shouldBe emptyList()
        }
    }

    test("an idle worker ends at once on SIGINT, and the exit code is 0") {
        val queue = Queue(server.newDatabase())
        queue.pgq("queue", "echo", "x").exitCode shouldBe 0
        queue.start("run", "$WORKERS::echoing").use { run ->
            eventually(30.seconds) { run.out shouldContain "x" }

            run.signal("INT")
            val ended = run.await()

            ended.exitCode shouldBe 0
            ended.err shouldContain "succeeded 1,"
        }
    }

    test("SIGHUP stops a worker as SIGTERM does") {
        val queue = Queue(server.newDatabase())
        queue.pgq("queue", "slow").exitCode shouldBe 0
        queue.start("run", "$WORKERS::slow").use { run ->
            eventually(30.seconds) { run.out shouldContain "started" }

            run.signal("HUP")
            val ended = run.await()

            ended.exitCode shouldBe 0
            ended.err shouldContain "succeeded 1,"
        }
    }

    test("a worker that was started to ignore SIGINT says so, and SIGTERM stops it") {
        val queue = Queue(server.newDatabase())
        queue.start(
            "run",
            "$WORKERS::echoing",
            launcher = listOf("sh", "-c", "trap '' INT; exec \"$@\"", "sh"),
        ).use { run ->
            eventually(30.seconds) { run.err shouldContain "SIGINT is ignored" }
            run.err shouldContain "SIGTERM"

            run.signal("TERM")
            run.await().exitCode shouldBe 0
        }
    }

    test("the worker's code has the class loader of the class path as its context class loader") {
        val queue = Queue(server.newDatabase())
        listOf("suspending", "blocking").forEach { queue.pgq("queue", it).exitCode shouldBe 0 }
        queue.start("run", "$WORKERS::tellingLoaders").use { run ->
            for (where in listOf("factory", "observer", "suspending", "blocking", "schedule")) {
                eventually(30.seconds) { run.out shouldContain where }
            }
            run.signal("TERM")
            run.await().out.lines().filter(String::isNotEmpty).forEach { it shouldEndWith "true" }
        }
    }

    test("arguments that the locale cannot decode are refused, and nothing is stored") {
        val queue = Queue(server.newDatabase())
        // The shell adds the argument: this JVM may have such a locale itself.
        val launcher = listOf("sh", "-c", """export LC_ALL=C; exec "$@" "$(printf 'J\303\266rg')" """, "sh")

        val refused = queue.start("queue", "x", launcher = launcher).use(PgqProcess::await)

        refused.shouldBeAnError("no text", "LC_ALL=C.UTF-8")
        queue.statuses() shouldBe emptyList()
    }

    test("a second signal does not wait for handlers, and their jobs are given back") {
        val queue = Queue(server.newDatabase())
        queue.pgq("queue", "endless").exitCode shouldBe 0
        queue.start("run", "$WORKERS::endless", "--shutdown-timeout", "10m").use { run ->
            eventually(30.seconds) { run.out shouldContain "started" }

            run.signal("TERM")
            eventually(30.seconds) { run.err shouldContain "SIGTERM" }
            run.signal("TERM")
            val ended = run.await()

            ended.exitCode shouldBe 0
            ended.err shouldContain "released 1,"
            queue.statuses() shouldBe listOf("queued")
        }
    }

    test("two processes share 10,000 jobs, and each job ends once") {
        val queue = Queue(server.newDatabase())
        val runs = List(2) { queue.start("run", "$WORKERS::counting", "--batch-size", "100") }
        eventually(60.seconds) {
            queue.database.query(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
            ) shouldHaveSize 2
        }

        queue.database.execute(
            """
            INSERT INTO pgqueuer (priority, status, entrypoint, payload)
            SELECT i % 3, 'queued', 'count', int4send(i) FROM generate_series(1, 10000) i
            """,
        )
        eventually(120.seconds) { queue.statuses() shouldBe emptyList() }
        val succeeded = runs.map { run ->
            run.signal("TERM")
            val ended = run.use(PgqProcess::await)
            ended.exitCode shouldBe 0
            Regex("""succeeded (\d+), failed 0, held 0, retried 0, released 0, canceled 0, leases lost 0, schedules""")
                .find(ended.err)!!.groupValues[1].toInt()
        }

        succeeded.sum() shouldBe 10_000
        succeeded.forEach { it shouldBeGreaterThan 0 }
        queue.database.query(
            "SELECT concat_ws(' ', count(*), count(DISTINCT job_id)) FROM pgqueuer_log WHERE status = 'successful'",
        ) shouldBe listOf("10000 10000")
        queue.database.query("SELECT count(*) FROM pgqueuer_log WHERE status = 'picked'") shouldBe listOf("10000")
    }
})
