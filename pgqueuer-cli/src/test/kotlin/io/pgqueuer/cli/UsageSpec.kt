package io.pgqueuer.cli

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import org.postgresql.util.DriverInfo

class UsageSpec : FunSpec({
    test("help goes to stdout and ends with 0") {
        val help = pgq("--help")

        help.exitCode shouldBe 0
        help.err.shouldBeEmpty()
        listOf(
            "install",
            "uninstall",
            "verify",
            "sql",
            "queue",
            "run",
            "status",
            "job",
            "jobs",
            "failed",
            "backlog",
            "dashboard",
            "log",
            "listen",
            "metrics",
            "mcp",
            "completion",
            "stale",
            "workers",
            "schedules",
            "cancel",
            "demo",
            "bench",
            "simulate",
            "torture",
        ).forEach {
            help.out shouldContain
                "  $it "
        }
    }

    test("--version names the versions of the project, of Java and of the driver") {
        val ended = pgq("--version")

        ended.exitCode shouldBe 0
        ended.err.shouldBeEmpty()
        val (project, java, driver) = ended.out.lines()
        project shouldContain Regex("^pgq \\d+\\.\\d+\\.\\d+")
        java shouldContain "Java ${Runtime.version()}"
        driver shouldBe "PostgreSQL JDBC driver ${DriverInfo.DRIVER_VERSION}"
    }

    test("a command has its own help") {
        val help = pgq("run", "--help")

        help.exitCode shouldBe 0
        help.out shouldContain "--max-concurrent-tasks"
        help.out shouldContain "--pg-dsn"
    }

    test("the help of torture names both of its modes") {
        val help = pgq("torture", "--help")

        help.exitCode shouldBe 0
        listOf("--minutes", "server crashes", "--soak=<hours>", "do not grow").forEach {
            help.out.replace(Regex("\\s+"), " ") shouldContain it
        }
    }

    val factory = "io.pgqueuer.cli.TestWorkersKt::echoing"
    listOf(
        listOf<String>() to "Usage: pgq",
        listOf("nosuch") to "no such subcommand nosuch",
        listOf("install", "--nosuch") to "no such option --nosuch",
        listOf("install", "--durability", "eternal") to "invalid choice: eternal",
        listOf("queue") to "missing argument <entrypoint>",
        listOf("queue", "e", "p", "--priority", "high") to "high is not a valid integer",
        listOf("queue", "e", "p", "--delay", "10") to "'10' is no duration; write it as in 500ms, 30s or 1h 30m",
        listOf("run", factory, "--batch-size", "0") to
            "invalid value for --batch-size: batchSize must be >= 1, or null to follow the load, was 0",
        listOf("run", factory, "--log-retention", "1d", "--log-aggregation-interval", "never") to
            "logRetention needs a logAggregationInterval",
        listOf("demo", "--workers", "0") to "0 is not in the valid range",
        listOf("torture", "--minutes", "0") to "0.0 is smaller than the minimum valid value of 0.2",
        listOf("torture", "--soak", "0") to "0.0 is smaller than the minimum valid value of 0.01",
        listOf("torture", "--soak", "1", "--minutes", "1") to "--minutes and --soak exclude each other",
        listOf("torture", "--soak", "1", "--seed", "36") to "--seed and --soak exclude each other",
        listOf("simulate", "--seeds", "0") to "0 is smaller than the minimum valid value of 1",
    ).forEach { (arguments, says) ->
        test("wrong usage ends with 2 and says why on stderr alone: pgq ${arguments.joinToString(" ")}") {
            val ended = pgq(*arguments.toTypedArray())

            ended.exitCode shouldBe 2
            ended.out.shouldBeEmpty()
            ended.err shouldContain says
        }
    }
})
