package io.pgqueuer.cli.demo

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.cli.PgqProcess
import io.pgqueuer.cli.pgq
import io.pgqueuer.cli.query
import io.pgqueuer.cli.shouldBeAnError
import io.pgqueuer.cli.tables
import io.pgqueuer.cli.temporaryFolder
import io.pgqueuer.test.PostgresFixture
import java.net.URI
import java.nio.file.Path
import java.nio.file.StandardOpenOption.APPEND
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.concurrent.thread
import kotlin.io.path.writeText
import kotlin.time.Duration.Companion.seconds

/** Names and sizes that break careless code. Made by a shell: the locale of this JVM may not be able to name them. */
private const val TREE = """
    set -e
    cd "$1"
    mkdir -p 'sub folder/deep' target .git
    printf 'one two\nthree\n' > plain.txt
    : > empty
    printf 'x y' > $'sub folder/line\nbreak'
    printf 'q' > "it's \"quoted\""
    printf 'u' > $'sub folder/deep/\303\244\303\266\360\237\230\200'
    printf 'b' > $'no-utf8-\377'
    printf 'p' > '%41 100%'
    head -c 3000000 /dev/zero > large
    printf 'skipped' > target/out
    printf 'skipped' > .git/config
    ln -s plain.txt link
    ln -s .. 'sub folder/loop'
"""
private const val TREE_FILES = 8
private const val TREE_BYTES = 14 + 0 + 3 + 1 + 1 + 1 + 1 + 3_000_000

class DemoSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    test("on its own server it runs all files, retries, holds, and checks the rows") {
        val ended = pgq("demo", "${tree()}", "--workers", "3")

        withClue(ended) {
            ended.exitCode shouldBe 0
            ended.err.shouldBeEmpty()
            ended.figure("files") shouldBe "$TREE_FILES, unreadable 0"
            ended.figure("bytes") shouldBe "$TREE_BYTES"
            ended.figure("jobs").substringBefore(' ') shouldBe "${TREE_FILES + 1}"
            ended.figure("jobs") shouldContain "by 3 workers"
            ended.figure("retried") shouldBe "4"
            ended.figure("enqueue to start") shouldContain Regex("""p50 [0-9.]+ms, p99 [0-9.]+ms""")
            ended.figure("held") shouldBe "1"
            ended.figure("schedule") shouldContain Regex("""demo\.pulse, every second, ran [1-9]\d* times""")
            ended.figure("awaited job") shouldContain Regex("""successful [0-9.]+ms after its enqueue""")
            ended.figure("checked") shouldBe "every row agrees with its file"
            ended.out shouldContain "${TREE_FILES + 1} of ${TREE_FILES + 1} jobs"
            ended.out shouldNotContain "\u001b"
        }
    }

    test("with --web it serves the dashboard while it runs and after that, until it is interrupted") {
        PgqProcess("demo", "${tree()}", "--web").use { process ->
            eventually(60.seconds) { process.out shouldContain "until Ctrl-C" }
            process.out shouldContain "every row agrees with its file"
            val address = process.out.lines().first { it.startsWith("dashboard") }.substringAfterLast(' ')
            URI(address + "entrypoints").toURL().readText() shouldContain "demo."
            process.signal("INT")
            process.await().exitCode shouldBe 130
        }
    }

    test("on a named server it installs the schema, and removes its table and jobs") {
        val database = server.newDatabase()

        val ended = pgq("demo", "${tree()}", "--dsn", database.dsn)

        withClue(ended) { ended.exitCode shouldBe 0 }
        database.tables() shouldContain "pgqueuer"
        database.tables().filter { "demo" in it }.shouldBeEmpty()
        database.query("SELECT id FROM pgqueuer").shouldBeEmpty()
        database.query("SELECT id FROM pgqueuer_schedules").shouldBeEmpty()
        database.query("SELECT count(*) FROM pgqueuer_log WHERE status = 'successful'") shouldBe
            listOf("${TREE_FILES + 1}")
    }

    test("it does not touch the jobs of others, and keeps its own with --keep") {
        val database = server.newDatabase()
        pgq("install", "--dsn", database.dsn).exitCode shouldBe 0
        pgq("queue", "other", "x", "--dsn", database.dsn).exitCode shouldBe 0

        pgq("demo", "${tree()}", "--dsn", database.dsn, "--keep").exitCode shouldBe 0

        database.query("SELECT concat_ws(' ', entrypoint, status) FROM pgqueuer ORDER BY id") shouldBe
            listOf("other queued", "demo.held failed")
        database.query("SELECT bytes FROM pgqueuer_demo_files ORDER BY bytes DESC LIMIT 1") shouldBe listOf("3000000")

        pgq("demo", "${tree()}", "--dsn", database.dsn).shouldBeAnError("DROP TABLE pgqueuer_demo_files")
        database.query("SELECT count(*) FROM pgqueuer_demo_files") shouldBe listOf("$TREE_FILES")
    }

    test("a file that changes between its job and the check is reported, and the exit code is 1") {
        val tree = tree()
        val growing = tree.resolve("growing").apply { writeText("") }
        val stop = AtomicBoolean()
        val grower = thread { while (!stop.get()) growing.writeText("more\n", options = arrayOf(APPEND)) }

        val ended = try {
            pgq("demo", "$tree")
        } finally {
            stop.set(true)
            grower.join()
        }

        withClue(ended) {
            ended.exitCode shouldBe 1
            ended.err shouldContain "$growing: the row says"
            ended.err shouldContain "pgq: 1 "
            ended.out shouldNotContain "checked"
        }
    }

    test("an empty folder and a single file work") {
        val database = server.newDatabase()
        val environment = mapOf("PGQUEUER_DSN" to database.dsn)
        val empty = pgq("demo", "${temporaryFolder("empty")}", environment = environment)
        withClue(empty) {
            empty.exitCode shouldBe 0
            empty.figure("files") shouldBe "0, unreadable 0"
            empty.figure("held") shouldBe "1"
        }

        val single = pgq("demo", "plain.txt", folder = tree(), environment = environment)
        withClue(single) {
            single.exitCode shouldBe 0
            single.figure("bytes") shouldBe "14"
        }
    }

    test("the error for a path that does not exist is one line") {
        pgq("demo", "/no/such/folder").shouldBeAnError("'/no/such/folder' is neither a file nor a folder")
    }

    test("SIGINT ends it with 130, and nothing is left") {
        val database = server.newDatabase()
        val tree = temporaryFolder("many")
        repeat(20_000) { tree.resolve("$it").writeText("$it") }
        PgqProcess("demo", "$tree", "--dsn", database.dsn).use { demo ->
            eventually(60.seconds) { database.query("SELECT 1 FROM pgqueuer_demo_files LIMIT 1") shouldBe listOf("1") }

            demo.signal("INT")
            val ended = demo.await()

            withClue(ended) { ended.exitCode shouldBe 130 }
            database.tables().filter { "demo" in it }.shouldBeEmpty()
            database.query("SELECT id FROM pgqueuer").shouldBeEmpty()
            database.query("SELECT id FROM pgqueuer_schedules").shouldBeEmpty()
        }
    }
})

private fun tree(): Path = temporaryFolder("tree").also { root ->
    val script = ProcessBuilder("bash", "-c", TREE, "tree", "$root").redirectErrorStream(true).start()
    val output = script.inputReader().readText()
    check(script.waitFor() == 0) { output }
}
