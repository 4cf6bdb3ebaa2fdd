package io.pgqueuer.cli.schema

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import io.pgqueuer.cli.Queue
import io.pgqueuer.cli.execute
import io.pgqueuer.cli.pgq
import io.pgqueuer.cli.query
import io.pgqueuer.cli.tables
import io.pgqueuer.test.PostgresFixture

/** What removes or rewrites tables shows them, and does nothing without a yes. */
class DestructiveCommandsSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    test("an uninstall shows what it would remove, and refuses without --yes") {
        val queue = Queue(server.newDatabase())
        queue.database.execute(
            "INSERT INTO pgqueuer (priority, entrypoint, status) VALUES (0, 'a', 'queued'), (1, 'b', 'queued'), " +
                "(0, 'a', 'failed'); ANALYZE pgqueuer",
        )

        val refused = queue.pgq("uninstall", stdin = "yes\n")
        refused.exitCode shouldBe 1
        refused.out.shouldBeEmpty()
        val lines = refused.err.lines()
        lines[0].split(Regex(" {2,}")) shouldBe listOf("table", "rows (about)", "size")
        lines[1].split(Regex(" {2,}")).take(2) shouldBe listOf("pgqueuer", "3")
        lines[4] shouldStartWith "pgqueuer_schedules"
        lines shouldContain "open jobs: 2 queued, 1 failed"
        refused.err shouldContain "confirm with --yes"
        queue.statuses().size shouldBe 3

        queue.pgq("uninstall", "--yes").run {
            exitCode shouldBe 0
            out shouldBe "uninstalled\n"
            err.shouldBeEmpty()
        }
        queue.pgq("uninstall").out shouldBe "nothing to remove\n"
    }

    test("an uninstall of a part shows the part") {
        val queue = Queue(server.newDatabase())
        queue.database.execute("DROP TABLE pgqueuer_log")
        val refused = queue.pgq("uninstall")
        refused.exitCode shouldBe 1
        refused.err.lines() shouldContain "table pgqueuer"
        queue.pgq("uninstall", "--yes").exitCode shouldBe 0
        queue.database.tables() shouldBe emptyList()
    }

    test("a change of the durability shows which tables it rewrites, and refuses without --yes") {
        val queue = Queue(server.newDatabase())
        fun unlogged() =
            queue.database.query("SELECT relname FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r'")

        val refused = queue.pgq("durability", "balanced")
        refused.exitCode shouldBe 1
        refused.out.shouldBeEmpty()
        refused.err.lines().filter { it.startsWith("-- rewrites") } shouldBe
            listOf("-- rewrites pgqueuer_log", "-- rewrites pgqueuer_statistics")
        refused.err shouldContain "--yes"
        unlogged() shouldBe emptyList()

        queue.pgq("durability", "balanced", "--yes").out shouldBe "durability: balanced\n"
        unlogged().sorted() shouldBe listOf("pgqueuer_log", "pgqueuer_statistics")
        // Nothing is rewritten, so that nobody is asked.
        queue.pgq("durability", "balanced").exitCode shouldBe 0
        queue.pgq("log-level", "terminal").exitCode shouldBe 0
    }
})
