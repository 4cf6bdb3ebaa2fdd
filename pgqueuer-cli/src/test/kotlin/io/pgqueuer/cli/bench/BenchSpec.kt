package io.pgqueuer.cli.bench

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.doubles.plusOrMinus
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.cli.pgq
import io.pgqueuer.cli.query
import io.pgqueuer.test.PostgresFixture

/** Tests that each benchmark runs and prints its fields. What it measures does not matter here. */
class BenchSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    test("the benchmarks of rates print JSON, one object per line, and leave nothing in the database") {
        val database = server.newDatabase()
        val names = listOf(
            "floor", "enqueue", "drain", "throughput", "backlog", "stale", "limits", "limit-1", "metrics",
            "entrypoints", "churn", "memory",
        )
        val ended = pgq(
            "bench", *names.toTypedArray(), "--jobs", "300", "--batch-size", "50", "--duration", "1s", "--json",
            "--dsn", database.dsn,
        )
        withClue(ended) {
            ended.exitCode shouldBe 0
            val results = lines(ended.out)
            results.map { it.bench } shouldContainExactly listOf(
                "floor drain",
                "enqueue", "enqueue single",
                "drain", "drain by default",
                "throughput", "backlog 10000", "stale", "limits", "limit-1",
                "metrics without", "metrics idle observer", "metrics",
                "entrypoints 500", "churn", "churn autovac", "churn unattended",
                "memory enqueue", "memory drain",
            )
            results.forEach { it.number("jobs_per_s") shouldBeGreaterThan 0.0 }
            val drain = results.single { it.bench == "drain" }
            drain.keys shouldBe
                setOf("bench", "jobs", "batch_size", "jobs_per_s", "floor_ratio", "pg_version", "durability")
            drain.number("jobs") shouldBe 300.0
            results.last().keys shouldBe setOf("bench", "jobs", "batch_size", "jobs_per_s")
        }
        database.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'pgqueuer%'").shouldBeEmpty()
    }

    test("the benchmark of the dashboard opens each page, and drains while browsers show it") {
        val ended = pgq("bench", "dashboard", "--jobs", "300", "--json", "--dsn", server.newDatabase().dsn)
        withClue(ended) {
            ended.exitCode shouldBe 0
            val (drains, pages) = lines(ended.out).partition { "tabs" in it.bench }
            pages.forEach { it.number("p95_ms") shouldBeGreaterThan 0.0 }
            pages.map { it.bench.removePrefix("dashboard ") } shouldContainAll
                listOf("/", "/entrypoints", "/jobs", "/jobs/1500", "/held", "/log", "/workers", "/schedules", "/system")
            drains.map { it.bench } shouldContainExactly listOf("dashboard without tabs", "dashboard 10 tabs")
            drains.last().number("ratio") shouldBeGreaterThan 0.0
        }
    }

    test("the benchmarks of times print percentiles, also as text") {
        val ended = pgq("bench", "latency", "turnaround", "--jobs", "20", "--dsn", server.newDatabase().dsn)
        withClue(ended) {
            ended.exitCode shouldBe 0
            val lines = ended.out.lines().filter(String::isNotBlank)
            lines.map { it.substringBefore("p50").trim() } shouldContainExactly listOf(
                "latency",
                "turnaround retry",
                "turnaround requeue",
                "turnaround release",
                "turnaround due",
            )
            lines.forEach { it shouldContain Regex("""p50 [0-9.]+ ms, p95 [0-9.]+ ms, p99 [0-9.]+ ms""") }
            ended.out shouldNotContain "{"
        }
    }

    test("the steps of a latency sum to about the whole") {
        val ended = pgq("bench", "latency", "--jobs", "40", "--json", "--dsn", server.newDatabase().dsn)
        withClue(ended) {
            ended.exitCode shouldBe 0
            val latency = lines(ended.out).single()
            val steps = listOf("to_notification_ms", "to_claim_ms", "in_claim_ms", "to_handler_ms")
                .map { latency.number(it) }
            steps.forEach { it shouldBeGreaterThanOrEqualTo 0.0 }
            latency.number("in_claim_ms") shouldBeGreaterThan 0.0
            // Medians of the steps and the median of the whole are those of different jobs.
            steps.sum() shouldBe (latency.number("p50_ms") plusOrMinus latency.number("p50_ms") / 2)
        }
    }

    test("the transactions of a wake-up are counted for 1, 5 and 20 workers") {
        val ended = pgq("bench", "wake-up", "--jobs", "20", "--json", "--dsn", server.newDatabase().dsn)
        withClue(ended) {
            ended.exitCode shouldBe 0
            val results = lines(ended.out)
            results.map { it.bench } shouldContainExactly
                listOf("wake-up 1", "wake-up 5", "wake-up 20")
            results.forEach { it.number("transactions_per_job") shouldBeGreaterThan 1.0 }
        }
    }

    test("the transactions of an idle worker and of many workers are counted") {
        val ended = pgq(
            "bench", "idle", "workers", "--jobs", "20", "--duration", "1s", "--json", "--dsn", server.newDatabase().dsn,
        )
        withClue(ended) {
            ended.exitCode shouldBe 0
            val (idle, workers) = lines(ended.out)
            idle.keys shouldBe setOf("bench", "transactions_per_minute", "pg_version", "durability")
            workers.keys shouldBe setOf(
                "bench", "jobs", "batch_size", "jobs_per_s", "ratio", "transactions_per_job", "threads", "pg_version",
                "durability",
            )
        }
    }

    test("log levels and notifications can be set, and are shown if they are not the defaults") {
        val ended = pgq(
            "bench", "floor", "drain", "--jobs", "300", "--log-level", "failures", "--no-notifications",
            "--dsn", server.newDatabase().dsn,
        )
        withClue(ended) {
            ended.exitCode shouldBe 0
            ended.out.lines().filter(String::isNotBlank).forEach {
                it shouldContain "log level failures"
                it shouldContain "without notifications"
            }
        }
    }

    test("an unknown benchmark is wrong usage, and the error names the known ones") {
        val ended = pgq("bench", "fastest")
        ended.exitCode shouldBe 2
        ended.err shouldContain "drain"
    }
})
