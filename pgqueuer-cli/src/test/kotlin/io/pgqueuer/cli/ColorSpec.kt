package io.pgqueuer.cli

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class ColorSpec : FunSpec({
    fun isColored(vararg args: String, variables: Map<String, String> = emptyMap()): Boolean =
        InTerminal(childJvm("io.pgqueuer.cli.MainKt", args.asList(), variables = variables)).use { terminal ->
            terminal.await() shouldBe 0
            '\u001b' in terminal.all
        }

    test("the help has colors in a terminal, and none if they are not wanted or in a pipe").config(
        enabledOrReasonIf = InTerminal.isAvailable,
    ) {
        isColored("--help") shouldBe true
        isColored("--no-color", "--help") shouldBe false
        isColored("--help", variables = mapOf("NO_COLOR" to "1")) shouldBe false
        ('\u001b' in pgq("--help").out) shouldBe false
    }
})
