package io.pgqueuer.cli.torture

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.maps.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import io.pgqueuer.cli.PgqProcess
import kotlin.io.path.exists
import kotlin.time.Duration.Companion.minutes

class TortureSpec : FunSpec({
    /** Reads `4: workers killed 2, workers stopped 2`. */
    fun parts(figure: String): Map<String, Int> = figure.substringAfter(": ").split(", ").associate {
        it.substringBeforeLast(" ") to it.substringAfterLast(" ").toInt()
    }

    test("jobs survive every kind of fault: none is lost, and no rule is broken") {
        PgqProcess("torture", "--minutes", "0.7", "--seed", "36").use { torture ->
            val place = eventually(2.minutes) { torture.place() }
            val ended = torture.await(patience = 6.minutes)

            withClue(ended) {
                ended.exitCode shouldBe 0
                ended.out shouldEndWith "no rule broken\n"
                ended.figure("lost") shouldBe "0"
                ended.figure("enqueued").substringBefore(",").toInt() shouldBeGreaterThan 300
                ended.figure("runs").substringBefore(",").toInt() shouldBeGreaterThan 300
                val ends = parts(ended.figure("ended"))
                ends.getValue("successful") shouldBeGreaterThan 300
                ends.getValue("canceled") shouldBeGreaterThan 0
                val faults = parts(ended.figure("faults"))
                faults shouldHaveSize 7
                faults.values.min() shouldBeGreaterThan 0
                ended.figure("duplicates").substringBefore(":").toInt() shouldBeGreaterThan 0
                ended.err shouldContain "jobs enqueued"
            }
            place.exists() shouldBe false
        }
    }

    test("a signal ends it, and leaves no process and no file behind") {
        PgqProcess("torture").use { torture ->
            val place = eventually(2.minutes) { torture.place() }
            // The workers work by now.
            eventually(2.minutes) { torture.err shouldContain "open" }
            // Three workers and the server, which is not a child; a fault may have ended some just now.
            eventually(2.minutes) { processesAt(place).size shouldBeGreaterThan 3 }
            torture.signal("INT")

            torture.await().exitCode shouldBe 130
            place.exists() shouldBe false
            eventually(1.minutes) { processesAt(place).shouldBeEmpty() }
        }
    }
})
