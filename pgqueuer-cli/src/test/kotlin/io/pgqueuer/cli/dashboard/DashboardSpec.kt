package io.pgqueuer.cli.dashboard

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.cli.InTerminal
import io.pgqueuer.cli.Queue
import io.pgqueuer.cli.execute
import io.pgqueuer.cli.shouldBeAnError
import io.pgqueuer.test.PostgresFixture
import kotlin.time.Duration.Companion.minutes

class DashboardSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    test("without a terminal it prints the queue once, without control characters") {
        val queue = Queue(server.newDatabase())
        repeat(2) { queue.pgq("queue", "mail") }
        val shown = queue.pgq("dashboard")
        shown.exitCode shouldBe 0
        shown.out shouldContain "queued 2 (2 due)   running 0   held 0"
        shown.out shouldContain Regex("mail +2 +2 +0 +0")
        shown.out shouldNotContain "\u001b"
        queue.pgq("dashboard", "--interval", "1ms").run {
            exitCode shouldBe 2
            err shouldContain "must be at least 200ms, was 1ms"
        }
    }

    test("an error is one line, and the terminal is left as it was") {
        Queue(server.newDatabase()).run {
            database.execute("DROP TABLE pgqueuer CASCADE")
            pgq("dashboard").shouldBeAnError("pgq install")
        }
    }

    test("in a terminal it follows the queue, and keys open a job, cancel it and quit").config(
        enabledOrReasonIf = InTerminal.isAvailable,
    ) {
        val queue = Queue(server.newDatabase())
        val id = queue.pgq("queue", "mail").out.trim()
        InTerminal(queue.builder("dashboard", "--interval", "200ms")).use { terminal ->
            eventually(1.minutes) { terminal.screen shouldContain "queued 1 (1 due)" }
            queue.database.execute(
                "INSERT INTO pgqueuer (priority, status, entrypoint) SELECT 0, 'queued', 'report' FROM generate_series(1, 4)",
            )
            eventually(1.minutes) { terminal.screen shouldContain "queued 5 (5 due)" }
            terminal.press(DOWN)
            terminal.press("\r")
            eventually(1.minutes) { terminal.screen shouldContain "jobs entrypoint:mail" }
            terminal.press("\r")
            eventually(1.minutes) { terminal.screen shouldContain Regex("id +$id\\b") }
            terminal.press("c")
            eventually(1.minutes) { terminal.screen shouldContain "cancel job $id? y/n" }
            queue.statuses().size shouldBe 5
            terminal.press("y")
            eventually(1.minutes) { terminal.screen shouldContain "cancel job $id: done" }
            queue.statuses().size shouldBe 4
            terminal.press("q")
            terminal.await() shouldBe 0
            terminal.all shouldContain LEAVES_ALTERNATE_SCREEN
        }
    }
})

private const val DOWN = "\u001b[B"
private const val LEAVES_ALTERNATE_SCREEN = "\u001b[?1049l"
