package io.pgqueuer.cli

import ch.qos.logback.classic.Logger
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeIn
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldNotContainIgnoringCase
import kotlinx.coroutines.runBlocking
import org.slf4j.LoggerFactory
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.PrintStream
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlin.random.Random

/** Command lines with random faults: each ends with its exit code and a message for people, and shows no password. */
class GarbledArgumentsSpec : FunSpec({
    for (seed in 1..4) {
        test("150 garbled command lines, seed $seed") {
            val random = Random(seed)
            val ends = List(150) {
                val arguments = random.garbledLine()
                withClue("pgq ${arguments.joinToString(" ") { "'$it'" }}") {
                    here(arguments).also { it.shouldBeForPeople(isVerbose = "--verbose" in arguments) }.exitCode
                }
            }
            // Otherwise, the faults hide what comes after the first check.
            withClue(ends.groupingBy { it }.eachCount()) {
                for (code in listOf(ExitCode.OK, ExitCode.ERROR, ExitCode.USAGE)) {
                    ends.count { it == code } shouldBeGreaterThan 10
                }
            }
        }
    }

    test("a wrong value of any option is named, with its option") {
        val random = Random(5)
        for ((command, options) in TYPED) {
            for (option in options) {
                for (value in List(4) { random.nonsense() }) {
                    val arguments = command + "$option=$value"
                    withClue(arguments) {
                        val ended = here(arguments)
                        ended.exitCode shouldBe ExitCode.USAGE
                        ended.shouldBeForPeople()
                        ended.err.unwrapped() shouldContain value
                        ended.err shouldContain option
                    }
                }
            }
        }
    }

    test("a connection string in the place of any other value is not shown") {
        for (dsn in DSNS) {
            val wrong = TYPED.flatMap { (command, options) ->
                options.flatMap { listOf(command + it + dsn, command + "$it=$dsn") } + listOf(command + "--$dsn")
            } + listOf(
                listOf("verify", "--schema", dsn),
                listOf("--prefix", dsn, "sql", "install"),
                listOf(dsn),
                listOf("verify", dsn),
                listOf("run", dsn),
                listOf("run", "a.B::c", "-cp", dsn),
                listOf("demo", dsn, "more"),
                listOf("durability", dsn),
                listOf("requeue", dsn),
                listOf("--verbose", "run", dsn),
            )
            for (arguments in wrong) {
                withClue(arguments) {
                    val ended = here(arguments)
                    ended.exitCode shouldBeIn listOf(ExitCode.ERROR, ExitCode.USAGE)
                    ended.shouldBeForPeople(isVerbose = "--verbose" in arguments)
                }
            }
        }
    }
})

private const val SECRET = "Sesame7Open"

/** Nobody listens there, so that commands fail at once. */
private val DSNS = listOf(
    "postgresql://ada:$SECRET@localhost:1/shop?connect_timeout=1",
    "postgresql:/ada:$SECRET@localhost:1/shop",
    "jdbc:postgresql://localhost:1/shop?user=ada&password=$SECRET",
    "host=localhost port=1 dbname=shop user=ada password=$SECRET connect_timeout=1",
    "host = localhost port = 1 user = ada password = '$SECRET'",
)

private val KEPT = listOf(SECRET, "@localhost:", "//localhost:", "host=localhost port", "host = localhost port")

/** What is right but for the value of one of these options. */
private val TYPED = mapOf(
    listOf("sql", "install") to listOf("--durability", "--log-level"),
    listOf("queue", "e") to listOf("--priority", "--delay", "--run-at", "--on-conflict"),
    listOf("failed") to listOf("--limit", "--after"),
    listOf("demo") to listOf("--workers"),
    listOf("bench", "drain") to listOf("--jobs", "--batch-size", "--duration", "--log-level"),
    listOf("simulate") to listOf("--seeds", "--from", "--seed"),
    listOf("run", "a.B::c") to listOf(
        "--mode", "--batch-size", "--max-concurrent-tasks", "--prefetch", "--dequeue-timeout", "--heartbeat-timeout",
        "--max-rescues", "--shutdown-timeout", "--log-aggregation-interval", "--log-retention", "--vacuum-every",
        "--retry-severity", "--failure-severity",
    ),
)

/** Commands that need no server, or give up as there is none. Not those that start a server of their own. */
private val COMMANDS = listOf(
    listOf("sql", "install"),
    listOf("sql", "install", "--durability", "balanced", "--log-level", "terminal", "--no-notifications"),
    listOf("sql", "uninstall"),
    listOf("sql", "upgrade"),
    listOf("sql", "autovac", "--rollback"),
    listOf("sql", "durability", "volatile"),
    listOf("sql", "log-level", "full"),
    listOf("verify"),
    listOf("queue", "e", "payload", "--priority", "3", "--delay", "1h 30m", "--dedupe-key", "k"),
    listOf("failed", "--limit", "10", "--after", "7", "--entrypoint", "e"),
    listOf("requeue", "1", "2"),
    listOf("dismiss", "3"),
    listOf("run", "a.B::c", "-cp", "nowhere.jar", "--mode", "drain", "--batch-size", "10", "--log-retention", "2h"),
    listOf("run", "io.pgqueuer.cli.TestWorkersKt::nosuch", "--", "x"),
    listOf("--help"),
    listOf("run", "--help"),
)

private val PIECES = listOf(
    "", " ", "-", "--", "---", "-h", "-x", "=", "--=", "--dsn", "--pg-dsn=", "--schema", "--prefix=a-b", "sql",
    "--limit", "--priority=", "--delay=-1s", "--batch-size=0", "--seed=x", "--nosuch", "@", "@nosuch", "%", "\\", "\"",
    "'", "\n", "\t", "\u0000", "\u0085", "ä", "😀", "\ud800", "\uFFFD", "0", "-1", "99999999999999999999", "1e9",
    "NaN", "null", "PT1H", "infinity", "verify", "nosuch", "install", "a::b", "::", "\$HOME", "{}", "[0]", "--verbose",
    "x".repeat(300),
)

private fun Random.nonsense(): String = List(nextInt(1, 5)) { ('a'..'z').random(this) }.joinToString("", prefix = "zz")

/** A valid command line, with the connection string at a random place, and one to three faults or none. */
private fun Random.garbledLine(): List<String> {
    val line = COMMANDS.random(this).toMutableList()
    line.addAll(if (nextBoolean()) 0 else 1, listOf("--pg-dsn", dsnFor(line)))
    repeat(nextInt(4)) {
        val at = nextInt(line.size + 1)
        when (nextInt(5)) {
            0 -> line.add(at, PIECES.random(this))
            1 -> if (at < line.size) line[at] = garbled(line[at])
            2 -> if (line.isNotEmpty()) line.add(at, line.random(this))
            3 -> if (at < line.size) line.removeAt(at)
            else -> line.shuffle(this)
        }
    }
    return line
}

/** For a command that would connect, mostly a wrong one: an attempt to connect takes a second. */
private fun Random.dsnFor(line: List<String>): String {
    val dsn = DSNS.random(this)
    val needsNoServer = line.any { it in setOf("sql", "--help") }
    return if (needsNoServer || nextInt(20) == 0) dsn else dsn.replace(Regex("\\b1\\b"), "1x")
}

private fun Random.garbled(text: String): String {
    val from = nextInt(text.length + 1)
    val until = minOf(text.length, from + nextInt(4))
    val garbled = text.replaceRange(from, until, PIECES.random(this).take(20))
    // The password stays whole, so that it can be found; and the server, so that nobody looks its name up.
    return if (KEPT.all { it in garbled || it !in text }) garbled else text
}

private fun Ended.shouldBeForPeople(isVerbose: Boolean = false) {
    exitCode shouldBeIn listOf(ExitCode.OK, ExitCode.ERROR, ExitCode.USAGE)
    (out + err) shouldNotContainIgnoringCase SECRET
    if (!isVerbose) {
        out + err shouldNotContain Regex("(?m)^\\s+at \\S+\\(")
        (out + err) shouldNotContain Regex("[a-z]\\w*(\\.[a-z]\\w*)+\\.[A-Z]\\w*(Exception|Error)\\b")
        out + err shouldNotContain Regex("\\b(Null|IndexOutOf|ClassCast|NumberFormat|IllegalState)\\w*Exception\\b")
    }
    when (exitCode) {
        ExitCode.OK -> err.shouldBeEmpty()

        ExitCode.ERROR -> {
            out.shouldBeEmpty()
            err.lines().count { it.startsWith("pgq: ") } shouldBe 1
        }

        ExitCode.USAGE -> {
            out.shouldBeEmpty()
            err shouldContain "Usage: pgq"
        }
    }
}

/** The text without the line breaks of its layout. */
private fun String.unwrapped() = replace(Regex("\\s+"), " ")

private val threads = Executors.newCachedThreadPool { Thread(it).apply { isDaemon = true } }

/** Commands change their levels, which must not reach the next one. */
private val LOGGERS = listOf(Logger.ROOT_LOGGER_NAME, "io.pgqueuer").map { LoggerFactory.getLogger(it) as Logger }

/** Runs the command to its end in this process. */
private fun here(arguments: List<String>): Ended {
    val (out, err) = List(2) { ByteArrayOutputStream() }
    val before = Triple(System.out, System.err, System.`in`)
    val levels = LOGGERS.map { it to it.level }
    System.setOut(PrintStream(out, true))
    System.setErr(PrintStream(err, true))
    System.setIn(ByteArrayInputStream(ByteArray(0)))
    try {
        val run = threads.submit(Callable { runBlocking { Pgq.run(arguments) } })
        return Ended(run.get(30, TimeUnit.SECONDS), out.toString(), err.toString())
    } finally {
        levels.forEach { (logger, level) -> logger.level = level }
        System.setOut(before.first)
        System.setErr(before.second)
        System.setIn(before.third)
    }
}
