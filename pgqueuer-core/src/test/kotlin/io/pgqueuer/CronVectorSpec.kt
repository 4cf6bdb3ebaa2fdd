package io.pgqueuer

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import kotlin.time.Instant

private val START = Instant.parse("2026-02-27T22:58:31Z")

/** What croniter 6.2.4, the cron of Python's Worker, makes of random expressions: the next four times, or an error. */
private val VECTORS = vectors("/cron.tsv")

/** Our times where croniter is wrong, for the reasons below. */
private val DIFFERENCES = vectors("/cron-differences.tsv").toMap()

/**
 * croniter wants a weekday of the month (`#`, `L`) and a restricted day of the month both to match, where either suffices
 * in cron and in croniter's own treatment of plain weekdays. The times here are the union of what croniter gives when
 * each of the two fields is alone.
 */
private fun isWeekdayOfMonthOrDay(expression: String): Boolean {
    val fields = expression.split(' ')
    val dayOfMonth = fields[2]
    return fields[4].contains(Regex("[#L]")) && dayOfMonth != "*" && dayOfMonth != "?"
}

/**
 * croniter takes a range that ends where it begins for the whole field, and so a step from the greatest value for one
 * from the least: `59/4` is `0-59/4` to it.
 */
private fun isStepFromGreatest(expression: String): Boolean =
    expression.split(' ').zip(listOf(59, 23, 31, 12, 6, 59)).any { (field, greatest) ->
        field.split(',').any { it.startsWith("$greatest/") }
    }

class CronVectorSpec : FunSpec({
    test("all vectors are there") {
        VECTORS shouldHaveSize 600
        VECTORS.count { (_, times) -> times.startsWith("ERR") } shouldBe 11
        VECTORS.count { (expression, _) -> expression.split(' ').size == 6 } shouldBe 296
    }

    test("an expression is due when croniter says, but for the listed ones, which are due by the rules of cron") {
        var agreed = 0
        val wrong = VECTORS.mapNotNull { (expression, times) ->
            val expected = DIFFERENCES[expression] ?: times.also { agreed++ }
            val actual = runCatching { nextFour(expression) }.getOrElse { "ERR $it" }
            "$expression: expected $expected, was $actual".takeIf { actual != expected }
        }

        wrong.shouldBeEmpty()
        agreed shouldBe 565
    }

    test("every listed difference is one, and has its reason") {
        val vectors = VECTORS.toMap()

        DIFFERENCES.filter { (expression, times) -> vectors.getValue(expression) == times }.keys.shouldBeEmpty()
        DIFFERENCES.keys.filterNot { isWeekdayOfMonthOrDay(it) || isStepFromGreatest(it) }.shouldBeEmpty()
        DIFFERENCES.keys.count(::isWeekdayOfMonthOrDay) shouldBe 34
        DIFFERENCES.keys.count(::isStepFromGreatest) shouldBe 1
    }

    test("an expression keeps its times when its normalised text is read again") {
        for ((expression, _) in VECTORS) {
            val parsed = CronExpression.parse(expression)
            val again = CronExpression.parse(parsed.toString())

            again shouldBe parsed
            again.nextAfter(START) shouldBe parsed.nextAfter(START)
        }
    }
})

private fun nextFour(expression: String): String {
    val cron = CronExpression.parse(expression)
    return generateSequence(cron.nextAfter(START)) {
        cron.nextAfter(it)
    }.take(4).joinToString(",") { "${it.epochSeconds}" }
}

private fun vectors(file: String): List<Pair<String, String>> =
    checkNotNull(CronVectorSpec::class.java.getResourceAsStream(file)) {
        "no $file"
    }.bufferedReader().useLines { lines ->
        lines.map { it.substringBefore('\t') to it.substringAfter('\t') }.toList()
    }
