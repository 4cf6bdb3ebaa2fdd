package io.pgqueuer

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Instant

/** A Sunday. */
private val START = Instant.parse("2026-03-01T00:00:00Z")

class CronExpressionSpec : FunSpec({
    test("a text is normalised as Python's Worker stores it") {
        val normalised = mapOf(
            "@hourly" to "0 * * * *",
            "@daily" to "0 0 * * *",
            "@midnight" to "0 0 * * *",
            "@weekly" to "0 0 * * 0",
            "@monthly" to "0 0 1 * *",
            "@Yearly" to "0 0 1 1 *",
            " @ANNUALLY " to "0 0 1 1 *",
            " 0  9 * *\tMON " to "0 9 * * mon",
            "0 0 ? JAN-feb ?" to "0 0 ? jan-feb ?",
            "* * L * L5 */3" to "* * l * l5 */3",
            "007 0,0 * * 7" to "007 0,0 * * 7",
        )

        for ((text, expected) in normalised) CronExpression.parse(text).toString() shouldBe expected
    }

    test("expressions are equal if their normalised texts are") {
        val daily = CronExpression.parse("@daily")

        daily shouldBe CronExpression.parse("0  0 * * *")
        daily.hashCode() shouldBe CronExpression.parse("0  0 * * *").hashCode()
        daily shouldNotBe CronExpression.parse("0 0 * * 0-6")
        daily.equals("0 0 * * *") shouldBe false
    }

    for ((text, reason) in REFUSED) {
        test("\"$text\" is refused, for it $reason") {
            val refusal = shouldThrow<IllegalArgumentException> { CronExpression.parse(text) }

            refusal.message shouldContain reason
            refusal.message shouldContain "cron expression \""
        }
    }

    test("an error names the expression, the field and the fix") {
        shouldThrow<IllegalArgumentException> { CronExpression.parse("0 9 * * Fri-Mon") }.message shouldBe
            "cron expression \"0 9 * * fri-mon\": day of week \"fri-mon\" runs backwards; write 5-6,0-1"
    }

    test("the next time is strictly later, also within a second") {
        val everySecond = CronExpression.parse("* * * * * *")
        val daily = CronExpression.parse("@daily")
        val midnight = Instant.parse("2026-03-02T00:00:00Z")

        everySecond.nextAfter(START) shouldBe Instant.parse("2026-03-01T00:00:01Z")
        everySecond.nextAfter(START + 999.milliseconds) shouldBe Instant.parse("2026-03-01T00:00:01Z")
        daily.nextAfter(midnight - 1.nanoseconds) shouldBe midnight
        daily.nextAfter(midnight) shouldBe Instant.parse("2026-03-03T00:00:00Z")
        daily.nextAfter(midnight + 1.nanoseconds) shouldBe Instant.parse("2026-03-03T00:00:00Z")
        daily.nextAfter(Instant.parse("1969-12-31T23:59:59.5Z")) shouldBe Instant.parse("1970-01-01T00:00:00Z")
    }

    for ((text, times) in DUE) {
        test("\"$text\" is due at ${times.first()} and so on") {
            CronExpression.parse(text).from(START, times.size) shouldContainExactly times
        }
    }

    test("expressions that say the same are due at the same times") {
        for ((one, other) in SAME) {
            withClue("$one and $other") {
                CronExpression.parse(one).from(START, 50) shouldContainExactly
                    CronExpression.parse(other).from(START, 50)
            }
        }
    }

    test("the leap day skips the year 2100") {
        CronExpression.parse("0 0 29 2 *").from(Instant.parse("2092-01-01T00:00:00Z"), 3) shouldContainExactly
            listOf("2092-02-29T00:00:00Z", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z")
        CronExpression.parse("0 0 L 2 *").from(Instant.parse("2099-03-01T00:00:00Z"), 1) shouldContainExactly
            listOf("2100-02-28T00:00:00Z")
    }

    test("a fifth Monday in February is found however rare") {
        CronExpression.parse("0 0 * 2 1#5").from(Instant.parse("2060-01-01T00:00:00Z"), 3) shouldContainExactly
            listOf("2072-02-29T00:00:00Z", "2112-02-29T00:00:00Z", "2140-02-29T00:00:00Z")
    }

    test("times far away are no trouble") {
        val yearly = CronExpression.parse("@yearly")

        yearly.nextAfter(Instant.DISTANT_PAST) shouldBeGreaterThan Instant.DISTANT_PAST
        yearly.nextAfter(Instant.DISTANT_FUTURE) shouldBeGreaterThan Instant.DISTANT_FUTURE
    }
})

private fun CronExpression.from(start: Instant, count: Int): List<String> =
    generateSequence(nextAfter(start)) { nextAfter(it) }.take(count).map(Instant::toString).toList()
