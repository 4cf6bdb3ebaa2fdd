package io.pgqueuer.benchmarks

import com.github.ajalt.clikt.testing.test
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.doubles.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.benchmarks.compare.CompareCommand
import io.pgqueuer.test.PostgresFixture

/** Tests that each queue runs its jobs and gets its row. How fast it is does not matter here. */
class CompareSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    fun rows(out: String): List<List<String>> = out.lines().filter { it.startsWith("| ") }.drop(2)
        .map { row -> row.removeSurrounding("| ", " |").split(" | ") }

    fun rate(cell: String) = cell.replace(",", "").toDouble()

    test("every queue has its row with two rates and their ratios to ours") {
        val ended = CompareCommand().test("--jobs 30 --limit 30s --warm-up 1ms --dsn ${server.newDatabase().dsn}")
        withClue(ended.output) {
            ended.statusCode shouldBe 0
            val rows = rows(ended.stdout)
            rows.map { it.first().substringBefore(' ') } shouldContainExactly
                listOf("PgQueuer", "db-scheduler", "JobRunr", "Quartz")
            for ((name, enqueue, enqueueRatio, drain, drainRatio, settings) in rows) {
                name shouldContain Regex("""[\w-]+ \d+\.\d+.*""")
                listOf(enqueue, drain).forEach { rate(it) shouldBeGreaterThan 0.0 }
                listOf(enqueueRatio, drainRatio).forEach { it shouldContain Regex("""\d+\.\d\d""") }
                settings shouldContain "`"
            }
            ended.stdout shouldContain "30 jobs with payloads of 20 bytes"
            ended.stdout shouldContain "fsync"
        }
    }

    test("queues are chosen by name, and without ours there is no ratio") {
        val ended = CompareCommand().test(
            "--jobs 5 --warm-up 1ms --only db-scheduler --dsn ${server.newDatabase().dsn}",
        )
        withClue(ended.output) {
            ended.statusCode shouldBe 0
            rows(ended.stdout).single().slice(listOf(2, 4)) shouldContainExactly listOf("–", "–")
        }
    }

    test("an unknown queue is wrong usage, and the known ones are named") {
        val ended = CompareCommand().test("--only oban")
        ended.statusCode shouldBe 1
        ended.stderr shouldContain "jobrunr"
    }
})

private operator fun <T> List<T>.component6(): T = this[5]
