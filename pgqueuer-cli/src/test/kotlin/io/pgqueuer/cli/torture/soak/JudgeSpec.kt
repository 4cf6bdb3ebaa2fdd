package io.pgqueuer.cli.torture.soak

import io.kotest.core.spec.style.FunSpec
import io.kotest.inspectors.forAll
import io.kotest.matchers.shouldBe
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes

class JudgeSpec : FunSpec({
    val heap = Quantity(Kind.HEAP, Quantity.worker(0))
    val log = Quantity(Kind.LOG)
    val heartbeat = Quantity(Kind.HEARTBEAT)

    /** Judges [quantity], with 100 samples of it: [value] of the part of the time that is over. */
    fun judged(quantity: Quantity, duration: Duration = 1.hours, value: (Double) -> Long?): Finding {
        val samples = List(101) { index ->
            val part = index / 100.0
            Sample(duration * part, value(part)?.let { mapOf(quantity to it) }.orEmpty())
        }
        return judge(listOf(quantity), samples, duration).single()
    }

    test("what stays the same is good") {
        Quantity.all(workers = 2).filter { it.kind.rule is Rule.NoGrowth }.forAll {
            judged(it) { 1_000 }.verdict shouldBe Verdict.GOOD
        }
    }

    test("a slow leak is found in every quantity that must not grow") {
        Quantity.all(workers = 2).filter { it.kind.rule is Rule.NoGrowth }.forAll {
            val floor = (it.kind.rule as Rule.NoGrowth).floor
            judged(it) { part -> floor + (floor * 4 * part).toLong() }.verdict shouldBe Verdict.GREW
        }
    }

    test("growth within the share and the floor is good, and more is not") {
        // 10 percent of 100 MiB, and 4 MiB.
        judged(heap) { part -> if (part < 0.6) 100 * MIB else 114 * MIB }.verdict shouldBe Verdict.GOOD
        judged(heap) { part -> if (part < 0.6) 100 * MIB else 114 * MIB + 1 }.verdict shouldBe Verdict.GREW
    }

    test("a spike is no growth, but is reported as the highest value") {
        val finding = judged(heap) { part -> if (part in 0.8..0.85) 200 * MIB else 20 * MIB }

        finding.verdict shouldBe Verdict.GOOD
        finding.last shouldBe 20 * MIB
        finding.highest shouldBe 200 * MIB
    }

    test("growth while warming up does not count") {
        judged(heap) { part -> if (part < 0.25) (part * 80 * MIB).toLong() else 20 * MIB }.verdict shouldBe Verdict.GOOD
    }

    test("what comes after the load does not count as growth") {
        val samples = List(121) { Sample((it * 36).minutes / 60, mapOf(heap to if (it > 100) 200 * MIB else 20 * MIB)) }

        judge(listOf(heap), samples, 1.hours).single().verdict shouldBe Verdict.GOOD
    }

    test("a single lease that is too old is found, whenever it was") {
        val timeout = LEASE_TIMEOUT.inWholeMilliseconds
        judged(heartbeat) { timeout - 1 }.verdict shouldBe Verdict.GOOD
        judged(heartbeat) { part -> if (part == 0.1) timeout else 0 }.verdict shouldBe Verdict.TOO_HIGH
    }

    test("tables are judged if their size had time to settle") {
        val growing: (Double) -> Long = { part -> (part * 100 * MIB).toLong() }
        judged(log, 19.minutes, growing).verdict shouldBe Verdict.TOO_SHORT
        judged(log, 20.minutes, growing).verdict shouldBe Verdict.GREW
    }

    test("what could not be measured in the end is not good") {
        judged(heap) { part -> if (part < 0.7) 20 * MIB else null }.verdict shouldBe Verdict.NOT_MEASURED
        judged(heap) { null }.verdict shouldBe Verdict.NOT_MEASURED
    }

    test("statistics are kept for ever, and may grow") {
        judged(Quantity(Kind.STATISTICS)) { part -> (part * 100 * MIB).toLong() }.verdict shouldBe Verdict.NOT_JUDGED
    }
})
