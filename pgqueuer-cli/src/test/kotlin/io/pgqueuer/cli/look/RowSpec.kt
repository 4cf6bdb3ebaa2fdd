package io.pgqueuer.cli.look

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Instant

class RowSpec : FunSpec({
    test("a table is aligned, with numbers at the right") {
        table(
            listOf(
                Row("id" to 7, "name" to "mail", "jobs" to 1_234, "age" to null),
                Row("id" to 12, "name" to "a report", "jobs" to 5, "age" to 1_500.milliseconds),
            ),
        ) shouldContainExactly listOf(
            "id  name      jobs  age",
            "7   mail      1234  -",
            "12  a report     5  1.5s",
        )
    }

    test("what a terminal would take for a command is replaced, and JSON keeps it") {
        val row = Row("entrypoint" to "\u001b[2Jmail\u0007")
        row.texts shouldContainExactly listOf("\uFFFD[2Jmail\uFFFD")
        "${row.json()}" shouldBe """{"entrypoint":"\u001b[2Jmail\u0007"}"""
    }

    test("times and sizes are short for people and exact for programs") {
        val row = Row("at" to Instant.parse("2026-11-30T07:03:12.508885Z"), "size" to Bytes(1_610_612_736))
        row.texts shouldContainExactly listOf("2026-11-30T07:03:12.508Z", "1536 MB")
        "${row.json()}" shouldBe """{"at":"2026-11-30T07:03:12.508885Z","size":1610612736}"""
    }
})
