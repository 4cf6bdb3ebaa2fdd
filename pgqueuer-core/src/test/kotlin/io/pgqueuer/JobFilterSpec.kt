package io.pgqueuer

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.Arb
import io.kotest.property.arbitrary.bind
import io.kotest.property.arbitrary.duration
import io.kotest.property.arbitrary.enum
import io.kotest.property.arbitrary.filterNot
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.map
import io.kotest.property.arbitrary.of
import io.kotest.property.arbitrary.orNull
import io.kotest.property.arbitrary.string
import io.kotest.property.arbitrary.uuid
import io.kotest.property.checkAll
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

class JobFilterSpec : FunSpec({
    test("each condition is read") {
        val worker = UUID(1, 2)
        JobFilter.parse(
            " status:failed  entrypoint:\"send mail\" priority:-3 worker:$worker dedupe-key:a:b age:1h30m " +
                "failure:java.io.IOException header.tenant:acme header.trace.id:\"say \\\"hi\\\" \\\\o/\" ",
        ) shouldBe JobFilter(
            status = JobStatus.HELD,
            entrypoint = "send mail",
            priority = -3,
            workerId = WorkerId(worker),
            dedupeKey = "a:b",
            minAge = 90.minutes,
            failure = "java.io.IOException",
            headers = mapOf("tenant" to "acme", "trace.id" to "say \"hi\" \\o/"),
        )
        JobFilter.parse("payload:\"two words\" payload.customer.id:42") shouldBe
            JobFilter(payloadText = "two words", payloadValues = mapOf("customer.id" to "42"))
    }

    test("each condition of a filter of the log is read, and written again") {
        val filter = LogFilter("mail", setOf(JobStatus.EXCEPTION, JobStatus.HELD), 3, "IOException")
        LogFilter.parse("status:exception,held entrypoint:mail priority:3 failure:IOException") shouldBe filter
        LogFilter.parse("$filter") shouldBe filter
        "${LogFilter.ALL}" shouldBe ""
        shouldThrow<IllegalArgumentException> { LogFilter.parse("status:done") }.message shouldContain
            "'done' in 'status:done' is not one of: queued, picked, successful, exception, canceled, deleted, failed, held"
        shouldThrow<IllegalArgumentException> { LogFilter.parse("age:1h") }.message shouldContain
            "'age' is no condition of a filter; the names are status, entrypoint, priority, failure"
    }

    test("an empty text matches every job") {
        JobFilter.parse("  ") shouldBe JobFilter.ALL
        "${JobFilter.ALL}" shouldBe ""
    }

    test("every filter is read as it was written") {
        val texts = Arb.of("plain", "with space", "", "\"quoted\"", "back\\slash", "a:b", "\t", "ends\\", "ünïcode")
        val filters = Arb.bind(
            Arb.enum<JobStatus>().filterNot { it.isTerminal }.orNull(),
            texts.orNull(),
            Arb.int().orNull(),
            Arb.uuid().map(::WorkerId).orNull(),
            Arb.string(0..8).orNull(),
            Arb.duration(1.milliseconds..1000.days).orNull(),
            texts.orNull(),
            Arb.bind(texts, texts) { a, b -> mapOf("tenant" to a, "n" to b) },
            texts.orNull(),
            Arb.bind(texts, texts) { a, b -> mapOf("customer.id" to a, "0" to b) },
        ) { status, entrypoint, priority, worker, key, age, failure, headers, text, values ->
            JobFilter(status, entrypoint, priority, worker, key, age, failure, headers, text, values)
        }
        checkAll(filters) { filter -> JobFilter.parse("$filter") shouldBe filter }
    }

    test("an error names what is wrong") {
        mapOf(
            "mail" to "'mail' is no condition; write it as name:value",
            "status:" to "'status:' is no condition",
            "entrypoint:\"open" to "'entrypoint:\"open' is no condition",
            "entrypoint:\"a\"b" to "is no condition",
            "status:exception" to "jobs with status:exception have ended, and are in the log alone",
            "payload.:x" to "'payload.' is no condition of a filter",
            "status:done" to "'done' in 'status:done' is not one of: queued, picked, failed, held, running",
            "priority:high" to "'high' in 'priority:high' is not one of: a whole number",
            "worker:7" to "'7' in 'worker:7' is not one of: the id of a worker",
            "age:old" to "'old' in 'age:old' is not one of: a duration as in 90s or 1h30m",
            "age:0s" to "minAge must be > 0 and finite, was 0s",
            "colour:red" to "'colour' is no condition of a filter; the names are status, entrypoint,",
            "header.:x" to "'header.' is no condition of a filter",
            "priority:1 priority:2" to "'priority' stands twice",
        ).forEach { (text, message) ->
            shouldThrow<IllegalArgumentException> { JobFilter.parse(text) }.message shouldContain message
        }
    }

    test("a status of a job that has ended is refused") {
        shouldThrow<IllegalArgumentException> { JobFilter(status = JobStatus.SUCCESSFUL) }.message shouldContain
            "was successful: jobs that have ended are in the log alone"
        shouldThrow<IllegalArgumentException> { JobFilter(minAge = Duration.INFINITE) }
    }
})
