package io.pgqueuer

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeStrictlyIncreasing
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.PropTestConfig
import io.kotest.property.arbitrary.Codepoint
import io.kotest.property.arbitrary.choice
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.map
import io.kotest.property.arbitrary.printableAscii
import io.kotest.property.arbitrary.string
import io.kotest.property.checkAll
import kotlin.time.Instant

private val START = Instant.parse("2026-02-27T22:58:31Z")

private val PIECE = Arb.choice(
    Arb.element("*", "?", "L", "W", "#", "-", "/", ",", "*/", "|", "@", "@daily", "mon", "FRI", "jan", "H"),
    Arb.int(-1..61).map(Int::toString),
    Arb.string(0..2),
    Arb.string(1..2, Codepoint.printableAscii()),
)

/** From bare noise to what is nearly an expression. */
private val GARBAGE = Arb.choice(
    Arb.string(0..40),
    Arb.string(0..40, Codepoint.printableAscii()),
    Arb.list(Arb.list(PIECE, 1..4).map { it.joinToString("") }, 4..7).map { it.joinToString(" ") },
    Arb.list(Arb.element("*", "*", "*/7", "1", "2", "1-5", "3,6", "31", "?", "L", "1#2", "L5"), 5..6)
        .map { it.joinToString(" ") },
)

class CronGarbageSpec : FunSpec({
    test("any text is either a schedule that comes, or refused") {
        var accepted = 0
        checkAll(PropTestConfig(seed = 20260227, iterations = 20_000), GARBAGE) { text ->
            val expression = try {
                CronExpression.parse(text)
            } catch (_: IllegalArgumentException) {
                return@checkAll
            }
            accepted++
            CronExpression.parse(expression.toString()) shouldBe expression
            (listOf(START) + generateSequence(expression.nextAfter(START)) { expression.nextAfter(it) }.take(4))
                .shouldBeStrictlyIncreasing()
        }
        accepted shouldBeGreaterThan 500
    }

    test("a text of any length is refused without much ado") {
        shouldThrow<IllegalArgumentException> { CronExpression.parse("* ".repeat(100_000)) }
        shouldThrow<IllegalArgumentException> { CronExpression.parse("1,".repeat(100_000) + " * * * *") }
        shouldThrow<IllegalArgumentException> { CronExpression.parse("9".repeat(100_000) + " * * * *") }
    }
})
