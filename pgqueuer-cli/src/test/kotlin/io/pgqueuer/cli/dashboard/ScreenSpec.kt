package io.pgqueuer.cli.dashboard

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import io.pgqueuer.ActiveWorker
import io.pgqueuer.Backlog
import io.pgqueuer.FailureRecord
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.LogEntry
import io.pgqueuer.Pause
import io.pgqueuer.Percentiles
import io.pgqueuer.RunTimes
import io.pgqueuer.WorkerId
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

class ScreenSpec : FunSpec({
    val screen = Screen("pgqueuer at db:5432/app")
    val now = Instant.parse("2026-11-30T07:03:12Z")
    val full = Content.Overview(
        listOf(
            EntrypointState(
                "mail",
                Backlog(
                    "mail",
                    1_234_567,
                    1_234_000,
                    running = 12,
                    held = 3,
                    3.minutes + 12.5.seconds,
                    isEstimate = true,
                ),
                ends = listOf(0, 10, 40, 80, 60, 60, 60, 60),
                failures = 5,
                RunTimes("mail", 100, Percentiles(12.milliseconds, 120.milliseconds, 2.seconds), waitTime = null),
            ),
            EntrypointState(
                "report",
                Backlog("report", 2, 0, running = 0, held = 0, Duration.ZERO, isEstimate = false),
                ends = List(8) { 0L },
                failures = 0,
                runTimes = null,
            ),
        ),
        listOf(ActiveWorker(WorkerId(UUID(0, 7)), jobs = 12, heartbeatAge = 3.seconds)),
        listOf(
            LogEntry(
                9,
                JobId(4_711),
                now,
                JobStatus.HELD,
                0,
                "mail",
                FailureRecord(4_711, now, "java.io.IOException", "connection refused", "trace"),
            ),
        ),
        pauses = listOf(Pause("mail", now, null, "down"), Pause(null, now, now, null)),
        endsCounted = true,
    )

    test("the overview says what waits, runs and fails") {
        screen.plain(full).map { it.text } shouldContainExactly listOf(
            "pgqueuer at db:5432/app",
            "queued ~1230000 (~1230000 due)   running 12   held 3   overdue 3m 12s   workers 1",
            "paused: mail, the whole queue",
            "ends/s 4.00  ·▁▄█▆▆▆▆  in 10 min: 370 ends, 5 failed",
            "",
            "entrypoint  queued    due       running  held  overdue  ends/s  10 minutes  p50   p95",
            "mail        ~1230000  ~1230000       12     3  3m 12s   4.00    ·▁▄█▆▆▆▆    12ms  120ms",
            "report      2         0               0     0  -        0       ········    -     -",
            "",
            "worker                                jobs  heartbeat",
            "00000000-0000-0000-0000-000000000007    12  3s ago",
            "",
            "failed at              job  entrypoint  status  failure",
            "2026-11-30T07:03:12Z  4711  mail        failed  java.io.IOException: connection refused",
        )
    }

    test("a log without successes says that ends are not counted") {
        screen.plain(full.copy(pauses = emptyList(), endsCounted = false))[2].text shouldBe
            "the log keeps failures only: jobs that succeed are not counted"
    }

    test("an empty queue says so") {
        val texts = screen.plain(overview()).map { it.text }
        listOf("the queue is empty", "no worker holds a job", "the log has no failure").forEach {
            texts shouldContain it
        }
    }

    test("a live screen is as high as the terminal, and scrolls to what is selected") {
        val long = jobs(*Array(200) { JobStatus.QUEUED })
        val state = State(views = listOf(View.Overview, View.Jobs(JobFilter(entrypoint = "report"))))
        for (id in listOf(null, "1", "100", "200")) {
            val lines = screen.live(state.copy(selected = id), long, height = 20)
            lines shouldHaveSize 20
            lines.single { it.look == Look.SELECTED }.text shouldStartWith "${id ?: 1} "
            lines.last().text shouldContain "r requeue"
        }
        screen.live(state, null, height = 5) shouldHaveSize 5
    }

    test("a question, the typed filter and a message stand at the foot") {
        fun said(state: State) = screen.live(state, full, height = 20).let { it[it.size - 2].text }
        said(State(question = Question(Change.CANCEL, JobId(5)))) shouldBe "cancel job 5? y/n"
        said(State(typed = "ma")) shouldBe "filter: ma▏"
        said(State(message = "requeue job 5: done")) shouldBe "requeue job 5: done"
        said(State(isPaused = true)) shouldBe "paused"
    }

    test("a job shows its log and its last failure with the stack trace") {
        val state = State(views = listOf(View.Overview, View.OneJob(JobId(4_711))))
        val texts = screen.live(state, Content.OneJob(null, full.failures), height = 30).map { it.text }
        texts.take(3) shouldContainExactly listOf("job 4711", "", "it is not in the queue")
        texts shouldContain "trace"
    }
})
