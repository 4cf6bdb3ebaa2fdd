package io.pgqueuer

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.PropTestConfig
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.long
import io.kotest.property.checkAll
import java.time.DayOfWeek
import java.time.LocalDateTime
import java.time.ZoneId
import java.time.ZoneOffset
import java.time.zone.ZoneRules
import kotlin.time.Duration.Companion.hours
import kotlin.time.Instant

private const val HOUR = 3_600L

/** Expressions, and what they say of a wall-clock time. */
private val RULES: List<Rule> = listOf(
    Rule("* * * * *", everyHour = true) { it.second == 0 },
    Rule("30 * * * *", everyHour = true) { it.second == 0 && it.minute == 30 },
    Rule("*/7 0-23 * * mon,sat", everyHour = true) {
        it.second == 0 && it.minute % 7 == 0 && it.dayOfWeek in setOf(DayOfWeek.MONDAY, DayOfWeek.SATURDAY)
    },
    Rule("0 0 * * *", everyHour = false) { it.second == 0 && it.minute == 0 && it.hour == 0 },
    Rule("*/20 0-3,23 * * * 15", everyHour = false) {
        it.second == 15 && it.minute % 20 == 0 && (it.hour <= 3 || it.hour == 23)
    },
    Rule("17 1-23/2 * * *", everyHour = false) { it.second == 0 && it.minute == 17 && it.hour % 2 == 1 },
    Rule("30 0-22 L * 0", everyHour = false) {
        val lastDay = it.toLocalDate().plusDays(1).dayOfMonth == 1
        it.second == 0 && it.minute == 30 && it.hour <= 22 && (lastDay || it.dayOfWeek == DayOfWeek.SUNDAY)
    },
)

private val ZONES = ZoneId.getAvailableZoneIds().sorted().map(ZoneId::of).filterNot { it.rules.isFixedOffset }

class CronZonePropertySpec : FunSpec({
    test("around any transition of the tz database, what is due is what a clock second by second shows") {
        checkAll(
            PropTestConfig(seed = 1, iterations = 60),
            Arb.element(ZONES),
            Arb.long(-4_000_000_000L..4_000_000_000L),
        ) { zone, moment ->
            val rules = zone.rules
            val transition = rules.nextTransition(java.time.Instant.ofEpochSecond(moment))
                ?: rules.previousTransition(java.time.Instant.ofEpochSecond(moment))
            val around = transition.toEpochSecond() - 4 * HOUR..transition.toEpochSecond() + 28 * HOUR
            agree(rules, zone, around)
        }
    }

    test("clocks that were put by hours, or twice within a day, are read rightly") {
        val odd = ODD_ZONES.map(ZoneId::of).flatMap { zone -> oddTransitions(zone.rules).map { zone to it } }

        odd.size shouldBeGreaterThan 20
        for ((zone, transition) in odd) {
            agree(zone.rules, zone, transition - 2 * HOUR..transition + 40 * HOUR)
        }
    }

    test("the next time is strictly later, and none is passed over") {
        val texts = listOf("0 3 * * *", "30 2 * * sun", "*/15 * * * *", "0 0 L * *", "45 1,2 29 2 *", "* * * * * */9")
        val expressions = texts.map(CronExpression::parse)
        checkAll(
            PropTestConfig(seed = 2, iterations = 5_000),
            Arb.element(expressions),
            Arb.element(ZONES),
            Arb.long(-5_000_000_000L..8_000_000_000L),
            Arb.int(0..999_999_999),
        ) { expression, zone, seconds, nanos ->
            val after = Instant.fromEpochSeconds(seconds, nanos)
            val next = expression.nextAfter(after, zone)
            val between = after + (next - after) / 2

            next shouldBeGreaterThan after
            expression.nextAfter(between, zone) shouldBe next
            expression.nextAfter(next, zone) shouldBeGreaterThan next
            next.nanosecondsOfSecond shouldBe 0
        }
    }
})

/** Where it happened most; to watch every zone would take minutes. */
private val ODD_ZONES = setOf(
    "America/Juneau",
    "America/Sitka",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Manila",
    "Europe/Berlin",
    "Europe/Warsaw",
    "Pacific/Apia",
    "Pacific/Fakaofo",
    "Pacific/Guam",
    "Pacific/Kwajalein",
)

private fun oddTransitions(rules: ZoneRules): List<Long> {
    val transitions = rules.transitions
    return transitions.filterIndexed { index, it ->
        val sincePrevious = it.toEpochSecond() - (transitions.getOrNull(index - 1)?.toEpochSecond() ?: 0)
        it.duration.abs().toHours() >= 2 || sincePrevious in 0..40 * HOUR
    }.map { it.toEpochSecond() }
}

private class Rule(
    val text: String,
    val everyHour: Boolean,
    val matches: (LocalDateTime) -> Boolean,
) {
    val expression = CronExpression.parse(text)
}

private fun agree(rules: ZoneRules, zone: ZoneId, seconds: LongRange) {
    val oracle = ClockBySeconds(rules, seconds)
    for (rule in RULES) {
        withClue("${rule.text} in $zone from ${seconds.first} to ${seconds.last}") {
            val start = Instant.fromEpochSeconds(seconds.first)
            val end = Instant.fromEpochSeconds(seconds.last)
            val times = generateSequence(rule.expression.nextAfter(start, zone)) { rule.expression.nextAfter(it, zone) }
            times.takeWhile { it <= end }.map { it.epochSeconds }.toList() shouldContainExactly oracle.due(rule)
        }
    }
}

/** A wall clock that is watched each second: knows which times it showed new, skipped or showed again. */
private class ClockBySeconds(
    rules: ZoneRules,
    private val seconds: LongRange,
) {
    private val before = 48.hours.inWholeSeconds
    private val shown = LongArray((seconds.last - seconds.first + 1 + before).toInt()) {
        val second = seconds.first - before + it
        second + rules.getOffset(java.time.Instant.ofEpochSecond(second)).totalSeconds
    }

    fun due(rule: Rule): List<Long> {
        var latest = shown[0]
        return buildList {
            for (index in 1 until shown.size) {
                val now = shown[index]
                // A schedule for every hour takes each time that it sees; others none at or before the latest one.
                val new = if (rule.everyHour) minOf(shown[index - 1] + 1, now)..now else latest + 1..now
                val second = seconds.first - before + index
                if (second > seconds.first && new.any { rule.matches(local(it)) }) add(second)
                latest = maxOf(latest, now)
            }
        }
    }

    private fun local(second: Long) = LocalDateTime.ofEpochSecond(second, 0, ZoneOffset.UTC)
}
