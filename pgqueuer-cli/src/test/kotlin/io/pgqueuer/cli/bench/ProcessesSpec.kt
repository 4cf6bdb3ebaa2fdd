package io.pgqueuer.cli.bench

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.doubles.plusOrMinus
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.PgqProcess
import io.pgqueuer.cli.bench.process.DrainProcess
import io.pgqueuer.cli.bench.process.HandlerKind
import io.pgqueuer.cli.childJvm
import io.pgqueuer.cli.pgq
import io.pgqueuer.cli.query
import io.pgqueuer.test.PostgresFixture
import kotlinx.coroutines.delay
import java.util.concurrent.TimeUnit
import kotlin.io.path.Path
import kotlin.io.path.exists
import kotlin.io.path.readText
import kotlin.time.Duration.Companion.milliseconds

/** Tests the benchmarks that start processes. */
class ProcessesSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    test("cold drains in a new process each time, and no command line shows the server") {
        val database = server.newDatabase()
        // The environment names the server to the command, too, so that only its own processes could show it.
        val command = PgqProcess(
            "bench",
            "cold",
            "--jobs",
            "300",
            "--batch-size",
            "50",
            "--json",
            environment = mapOf("PGQUEUER_DSN" to database.dsn),
        )
        val drainers = mutableMapOf<Long, String>()
        val ended = command.use {
            while (it.isAlive) {
                for (pid in it.descendants().map(ProcessHandle::pid)) {
                    val commandLine = runCatching { Path("/proc/$pid/cmdline").readText() }.getOrDefault("")
                    if ("DrainerKt" in commandLine) drainers[pid] = commandLine
                }
                delay(10.milliseconds)
            }
            it.await()
        }
        withClue(ended) {
            ended.exitCode shouldBe 0
            val results = lines(ended.out)
            results.map { it.bench } shouldContainExactly listOf("cold", "cold blocking")
            for (result in results) {
                result.keys shouldBe setOf(
                    "bench",
                    "jobs",
                    "batch_size",
                    "jobs_per_s",
                    "seconds",
                    "cpu_s",
                    "pg_version",
                    "durability",
                )
                result.number("jobs") shouldBe 300.0
                // The start of a JVM is included.
                result.number("cpu_s") shouldBeGreaterThan 0.2
                result.number("seconds") shouldBeGreaterThan 0.2
                result.number("jobs_per_s") shouldBe (300 / result.number("seconds") plusOrMinus 20.0)
            }
        }
        if (Path("/proc/self/cmdline").exists()) {
            drainers.size shouldBe 6
            drainers.values.count { database.name in it } shouldBe 0
        }
        database.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'pgqueuer%'").shouldBeEmpty()
    }

    test("1, 2, 4 and 8 processes drain together, and are compared with one") {
        val database = server.newDatabase()
        val ended = pgq("bench", "processes", "--jobs", "300", "--batch-size", "50", "--json", "--dsn", database.dsn)
        withClue(ended) {
            ended.exitCode shouldBe 0
            val results = lines(ended.out)
            results.map { it.bench } shouldContainExactly
                listOf("processes 1", "processes 2", "processes 4", "processes 8")
            results.first()["ratio"] shouldBe null
            val alone = results.first().number("jobs_per_s")
            results.drop(1).forEach {
                it.number("ratio") shouldBe (it.number("jobs_per_s") / alone plusOrMinus 0.01)
            }
            results.forEach {
                it.number("jobs") shouldBe 300.0
                // At least one claim and one settle for 50 jobs.
                it.number("transactions_per_job") shouldBeGreaterThan 0.02
            }
        }
        database.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'pgqueuer%'").shouldBeEmpty()
    }

    test("a process that cannot drain fails the benchmark") {
        val variables = mapOf("PGQUEUER_DSN" to server.newDatabase().dsn)
        val failure = shouldThrow<CommandException> {
            DrainProcess.start(variables, HandlerKind.SUSPENDING, batchSize = 10).use {
                it.startDrain()
                it.awaitDrained()
            }
        }
        failure.message shouldContain "exit code 1"
    }

    test("a process ends if the benchmark that has started it is gone") {
        val arguments = listOf(HandlerKind.SUSPENDING.name, "10")
        val variables = mapOf("PGQUEUER_DSN" to server.newDatabase().dsn)
        val process = childJvm("io.pgqueuer.cli.bench.process.DrainerKt", arguments, variables = variables).start()
        try {
            process.outputStream.close()
            process.waitFor(1, TimeUnit.MINUTES) shouldBe true
            process.exitValue() shouldNotBe 0
        } finally {
            process.destroyForcibly()
        }
    }
})
