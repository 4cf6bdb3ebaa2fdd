package io.pgqueuer.cli.torture.soak

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveAtLeastSize
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldEndWith
import io.pgqueuer.cli.PgqProcess
import io.pgqueuer.cli.torture.place
import io.pgqueuer.cli.torture.processesAt
import java.nio.file.Path
import kotlin.io.path.Path
import kotlin.io.path.div
import kotlin.io.path.exists
import kotlin.io.path.readLines
import kotlin.time.Duration.Companion.minutes

class SoakSpec : FunSpec({
    val quantities = Quantity.all(workers = 2)

    /** Reads the samples: the values of each quantity. */
    fun samples(file: Path): Map<String, List<String>> {
        val rows = file.readLines().map { it.split(",") }
        return rows.first().withIndex().associate { (column, name) -> name to rows.drop(1).map { it[column] } }
    }

    test("a short soak measures everything and loses no job") {
        PgqProcess("torture", "--soak", "0.01", "--workers", "2").use { soak ->
            val place = eventually(2.minutes) { soak.place() }
            val ended = soak.await(patience = 4.minutes)

            withClue(ended) {
                // On a machine that is busy, pools may still grow after half a minute: JudgeSpec tests the verdict.
                val hasGrown = ended.err.contains(" grew from ")
                ended.exitCode shouldBe if (hasGrown) 1 else 0
                if (!hasGrown) ended.out shouldEndWith "no growth\n"
                ended.figure("enqueued").toInt() shouldBeGreaterThan 1_000
                ended.figure("ended").substringBefore(":") shouldBe ended.figure("enqueued")
                ended.out.lines().filter { line -> quantities.any { line.startsWith("$it  ") } } shouldHaveSize
                    quantities.size
                val file = Path(ended.figure("samples"))
                file shouldBe place / "soak.csv"
                val samples = samples(file)
                samples.keys shouldHaveSize quantities.size + 1
                samples.values.forEach { it shouldHaveAtLeastSize 10 }
                // Leases are seen at work, so that one that is not renewed would be seen.
                samples.getValue("oldest heartbeat (ms)").maxOf(String::toLong) shouldBeGreaterThan 1_000
                (samples - "oldest heartbeat (ms)" - "open jobs" - "seconds").forEach { (name, values) ->
                    withClue(name) { values.minOf(String::toLong) shouldBeGreaterThan 0 }
                }
                (place / "data").exists() shouldBe false
                processesAt(place).shouldBeEmpty()
            }
            place.toFile().deleteRecursively()
        }
    }

    test("a signal ends it, and leaves its samples but no process behind") {
        PgqProcess("torture", "--soak", "1").use { soak ->
            val place = eventually(2.minutes) { soak.place() }
            // The workers work by now.
            eventually(2.minutes) { (place / "soak.csv").readLines() shouldHaveAtLeastSize 2 }
            soak.signal("INT")

            soak.await().exitCode shouldBe 130
            (place / "soak.csv").readLines().first().substringBefore(",") shouldBe "seconds"
            (place / "data").exists() shouldBe false
            eventually(1.minutes) { processesAt(place).shouldBeEmpty() }
            place.toFile().deleteRecursively()
        }
    }
})
