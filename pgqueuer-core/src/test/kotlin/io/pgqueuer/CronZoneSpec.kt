package io.pgqueuer

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import java.time.OffsetDateTime
import java.time.ZoneId
import kotlin.time.Duration.Companion.days
import kotlin.time.Instant
import kotlin.time.toJavaInstant
import kotlin.time.toKotlinInstant

/** 2026-03-29: 02:00+01:00 becomes 03:00+02:00; 2026-10-25: 03:00+02:00 becomes 02:00+01:00. */
private val BERLIN = ZoneId.of("Europe/Berlin")

/** Half an hour. 2026-04-05: 02:00+11:00 becomes 01:30+10:30; 2026-10-04: 02:00+10:30 becomes 02:30+11:00. */
private val LORD_HOWE = ZoneId.of("Australia/Lord_Howe")

/** The whole of 2011-12-30 was left out: 2011-12-30T00:00-10:00 became 2011-12-31T00:00+14:00. */
private val APIA = ZoneId.of("Pacific/Apia")

/** The day was shown twice: 1867-10-19T15:33:32+15:02:19 became 1867-10-18T15:33:32-08:57:41. */
private val JUNEAU = ZoneId.of("America/Juneau")

class CronZoneSpec : FunSpec({
    test("a schedule goes by the wall clock of its zone") {
        due("0 9 * * *", BERLIN, "2026-03-28T00:00+01:00", "2026-03-31T00:00+02:00") shouldContainExactly
            listOf("2026-03-28T09:00+01:00", "2026-03-29T09:00+02:00", "2026-03-30T09:00+02:00")
        due("0 9 * * *", ZoneId.of("+05:45"), "2026-03-28T00:00Z", "2026-03-29T00:00Z") shouldContainExactly
            listOf("2026-03-28T09:00+05:45")
    }

    test("a time that is skipped is due when the clock is put forward") {
        due("30 2 * * *", BERLIN, "2026-03-28T00:00+01:00", "2026-03-31T00:00+02:00") shouldContainExactly
            listOf("2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00")
    }

    test("several times in one gap are one run, together with one right after it") {
        due("*/10 2 * * *", BERLIN, "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00") shouldContainExactly
            listOf("2026-03-29T03:00+02:00")
        due("0,20 2,3 * * *", BERLIN, "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00") shouldContainExactly
            listOf("2026-03-29T03:00+02:00", "2026-03-29T03:20+02:00")
    }

    test("a time that comes twice is due at its first coming") {
        due("30 2 * * *", BERLIN, "2026-10-24T00:00+02:00", "2026-10-27T00:00+01:00") shouldContainExactly
            listOf("2026-10-24T02:30+02:00", "2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00")
        due("*/30 1-3 * * *", BERLIN, "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00") shouldContainExactly listOf(
            "2026-10-25T01:00+02:00",
            "2026-10-25T01:30+02:00",
            "2026-10-25T02:00+02:00",
            "2026-10-25T02:30+02:00",
            "2026-10-25T03:00+01:00",
            "2026-10-25T03:30+01:00",
        )
    }

    test("a look in the middle of the second coming finds nothing of the first again") {
        due("*/30 2,4 * * *", BERLIN, "2026-10-25T02:10+01:00", "2026-10-25T04:30+01:00") shouldContainExactly
            listOf("2026-10-25T04:00+01:00")
    }

    test("a schedule for every hour is due 25 times on the day of 25 hours and 23 times on that of 23") {
        for (hours in listOf("*", "*/1", "0-23", "0-11,12-23")) {
            val times = due("0 $hours * * *", BERLIN, "2026-10-24T23:59:59+02:00", "2026-10-26T00:00+01:00")
            times shouldHaveSize 25
            times.slice(2..4) shouldContainExactly
                listOf("2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00")
            due("0 $hours * * *", BERLIN, "2026-03-28T23:59:59+01:00", "2026-03-30T00:00+02:00") shouldHaveSize 23
        }
    }

    test("a schedule for all hours but one is not for every hour") {
        due("0 0-22 * * *", BERLIN, "2026-10-24T23:59:59+02:00", "2026-10-26T00:00+01:00") shouldHaveSize 23
    }

    test("a schedule for every five minutes never pauses for an hour") {
        val everyFive = CronExpression.parse("*/5 * * * *")
        for (day in listOf("2026-03-29T00:00+01:00", "2026-10-25T00:00+02:00")) {
            val start = instant(day)
            val times = generateSequence(start) { everyFive.nextAfter(it, BERLIN) }.takeWhile { it < start + 1.days }

            times.toList() shouldHaveSize 288
        }
    }

    test("a zone may put its clock by half an hour") {
        due("15 2 * * *", LORD_HOWE, "2026-10-04T00:00+10:30", "2026-10-05T00:00+11:00") shouldContainExactly
            listOf("2026-10-04T02:30+11:00")
        due("45 1 * * *", LORD_HOWE, "2026-04-05T00:00+11:00", "2026-04-06T00:00+10:30") shouldContainExactly
            listOf("2026-04-05T01:45+11:00")
        due("45 * * * *", LORD_HOWE, "2026-04-05T01:00+11:00", "2026-04-05T03:00+10:30") shouldContainExactly
            listOf("2026-04-05T01:45+11:00", "2026-04-05T01:45+10:30", "2026-04-05T02:45+10:30")
    }

    test("a zone may skip a day") {
        due("0 9 30 12 *", APIA, "2011-12-29T00:00-10:00", "2012-01-02T00:00+14:00") shouldContainExactly
            listOf("2011-12-31T00:00+14:00")
        due("0 */8 * * *", APIA, "2011-12-29T12:00-10:00", "2011-12-31T12:00+14:00") shouldContainExactly listOf(
            "2011-12-29T16:00-10:00",
            "2011-12-31T00:00+14:00",
            "2011-12-31T08:00+14:00",
        )
    }

    test("a zone may show a day twice") {
        due("0 12 * * *", JUNEAU, "1867-10-18T00:00+15:02:19", "1867-10-21T00:00-08:57:41") shouldContainExactly
            listOf("1867-10-18T12:00+15:02:19", "1867-10-19T12:00+15:02:19", "1867-10-20T12:00-08:57:41")
        due("0 12 * * *", JUNEAU, "1867-10-19T11:00-08:57:41", "1867-10-21T00:00-08:57:41") shouldContainExactly
            listOf("1867-10-20T12:00-08:57:41")
        due("0 * * * *", JUNEAU, "1867-10-18T23:59:59+15:02:19", "1867-10-19T23:59:59-08:57:41") shouldHaveSize 48
    }
})

private fun instant(text: String): Instant = OffsetDateTime.parse(text).toInstant().toKotlinInstant()

/** The times of [expression] later than [after] and earlier than [before]. */
private fun due(expression: String, zone: ZoneId, after: String, before: String): List<String> {
    val cron = CronExpression.parse(expression)
    val end = instant(before)
    return generateSequence(cron.nextAfter(instant(after), zone)) { cron.nextAfter(it, zone) }.takeWhile { it < end }
        .map { OffsetDateTime.ofInstant(it.toJavaInstant(), zone).toString() }.toList()
}
