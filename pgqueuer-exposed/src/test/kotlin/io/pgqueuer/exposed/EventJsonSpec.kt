package io.pgqueuer.exposed

import ch.qos.logback.classic.Level
import ch.qos.logback.classic.Logger
import ch.qos.logback.classic.spi.ILoggingEvent
import ch.qos.logback.core.read.ListAppender
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.WorkerId
import io.pgqueuer.exposed.internal.notification.EventJson
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.TableOperation
import org.slf4j.LoggerFactory
import java.util.UUID
import kotlin.random.Random
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Instant

/** Anybody can send anything on the channel; none of it may end a listener. */
class EventJsonSpec : FunSpec({
    val json = EventJson(Names("", null))
    val logger = LoggerFactory.getLogger(EventJson::class.java) as Logger
    val logged = ListAppender<ILoggingEvent>()
    beforeSpec {
        logger.level = Level.WARN
        logger.isAdditive = false
        logger.addAppender(logged.apply { start() })
    }
    afterSpec {
        logger.detachAppender(logged)
        logger.isAdditive = true
        logger.level = null
    }
    beforeTest { logged.list.clear() }

    val sentAt = Instant.parse("2026-11-20T14:11:04.304586Z")
    val events = listOf(
        QueueEvent.TableChanged(TableOperation.INSERT, sentAt),
        QueueEvent.SchedulesChanged(sentAt),
        QueueEvent.PausesChanged(sentAt),
        QueueEvent.JobsCanceled(List(5) { JobId(Long.MAX_VALUE - it) }, sentAt, isRecorded = true),
        QueueEvent.HealthCheck(UUID(1, 2), sentAt),
        QueueEvent.NothingDue("7 now INSERT", UUID(1, 2), WorkerId(UUID(3, 4)), true, 1_500.microseconds, sentAt),
        QueueEvent.NothingDue("\"", UUID(1, 2), WorkerId(UUID(3, 4)), false, null, sentAt),
    )

    test("what is written is read") {
        events.map { json.read(json.write(it)) } shouldBe events
        logged.list shouldHaveSize 0
    }

    test("what concerns only the workers of one queue is read by those alone, and the others say nothing about it") {
        val event = events.last()
        val payload = json.write(event).replaceFirst("{", "{\"queue\": 4711,")
        json.read(payload, queue = 4711) shouldBe event
        for (other in listOf(4712L, null)) json.read(payload, other).shouldBeNull()
        json.read(json.write(event), queue = 4711).shouldBeNull()
        logged.list shouldHaveSize 0
    }

    context("what nobody understands is dropped, with one line that quotes a bounded part of it") {
        val at = "\"sent_at\": \"2026-11-20T14:11:04Z\""
        for ((name, payload) in mapOf(
            "nothing" to "",
            "spaces" to "  ",
            "no JSON" to "hello",
            "half a document" to "{\"type\": \"table_cha",
            "null" to "null",
            "a number" to "1e400",
            "arrays, 7,900 levels deep" to "[".repeat(7_900),
            "objects, 1,500 levels deep" to "{\"a\":".repeat(1_500) + "1" + "}".repeat(1_500),
            "no ids" to "{\"type\": \"cancellation_event\", $at}",
            "ids that are null" to "{\"type\": \"cancellation_event\", $at, \"ids\": null}",
            "an id that is null" to "{\"type\": \"cancellation_event\", $at, \"ids\": [null]}",
            "an id that is too large" to "{\"type\": \"cancellation_event\", $at, \"ids\": [9223372036854775808]}",
            "an id with an exponent" to "{\"type\": \"cancellation_event\", $at, \"ids\": [1e99999]}",
            "an id that is deep" to
                "{\"type\": \"cancellation_event\", $at, \"ids\": ${"[".repeat(3_000)}${"]".repeat(3_000)}}",
            "no operation" to "{\"type\": \"table_changed_event\", $at}",
            "an operation that is an object" to "{\"type\": \"table_changed_event\", $at, \"operation\": {}}",
            "no time" to "{\"type\": \"table_changed_event\", \"operation\": \"insert\"}",
            "a time out of all bounds" to
                "{\"type\": \"table_changed_event\", \"operation\": \"insert\", \"sent_at\": \"+9999999999-01-01T00:00:00Z\"}",
            "no id" to "{\"type\": \"health_check_event\", $at}",
            "an id that is no UUID" to "{\"type\": \"health_check_event\", $at, \"id\": \"1\"}",
            "nothing due, and no change" to
                "{\"type\": \"nothing_due_event\", $at, \"kind\": \"${UUID(1, 2)}\", \"found\": true}",
            "a queue that is text" to "{\"type\": \"nothing_due_event\", $at, \"queue\": \"x\"}",
            "a long type" to "{\"type\": \"${"x".repeat(7_000)}\", $at}",
            "lines" to "a\nb\r\nc",
        )) {
            test(name) {
                json.read(payload).shouldBeNull()
                val line = logged.list.single()
                line.level shouldBe Level.WARN
                line.formattedMessage.length shouldBeLessThan 600
                line.formattedMessage.lines() shouldHaveSize 1
            }
        }
    }

    test("mutated and random payloads throw nothing") {
        val random = Random(11)
        val valid = events.map(json::write)
        repeat(40_000) { json.read(if (it % 4 == 0) random.noise() else random.mutate(valid.random(random))) }
    }
})

private val SNIPPETS = listOf(
    "null", "{}", "[]", "-1", "1e999999999", "\"\"", "\\u0000", "\\ud800", "}", "]", "{\"", ":", ",", "[[[[[[[[",
    "99999999999999999999999999", "true", "\uD800", "\u0000", "NaN",
)

private fun Random.noise(): String {
    val bytes = nextBytes(nextInt(80))
    return if (nextBoolean()) bytes.decodeToString() else bytes.decodeToString(0, bytes.size, false).filter { it > ' ' }
}

/** Changes the text at one to four places: cuts, doubles, replaces or inserts something. */
private fun Random.mutate(text: String): String {
    val mutated = StringBuilder(text)
    repeat(nextInt(1, 5)) {
        val from = nextInt(mutated.length + 1)
        val to = nextInt(from, minOf(mutated.length, from + 12) + 1)
        when (nextInt(4)) {
            0 -> mutated.delete(from, to)
            1 -> mutated.insert(from, mutated.substring(from, to))
            2 -> mutated.replace(from, to, SNIPPETS.random(this))
            else -> mutated.insert(from, nextInt(0x20, 0x3000).toChar())
        }
    }
    return mutated.toString()
}
