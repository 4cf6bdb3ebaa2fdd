package io.pgqueuer.cli

import com.github.ajalt.clikt.command.parse
import com.github.ajalt.clikt.core.BaseCliktCommand
import com.github.ajalt.clikt.core.PrintHelpMessage
import com.github.ajalt.clikt.core.context
import com.github.ajalt.clikt.core.terminal
import com.github.ajalt.mordant.rendering.AnsiLevel
import com.github.ajalt.mordant.terminal.Terminal
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.io.path.Path
import kotlin.io.path.readText
import kotlin.io.path.writeText

/** `docs/command.md` is the help of all commands. `-Ddocs.write=true` writes it anew. */
class CommandPageSpec : FunSpec({
    test("the page of the command is its help") {
        val page = Path("../docs/command.md")
        val text =
            INTRODUCTION + commandsOf(Pgq.of(emptyList()), emptyList()).map { path -> section(path) }.joinToString("\n")
        if (System.getProperty("docs.write") == "true") page.writeText(text)
        page.readText() shouldBe text
    }
})

private val INTRODUCTION = """
    |# The pgq command
    |
    |This page is the help of each command, as `pgq COMMAND --help` prints it. A test writes it; do not edit it.
    |[Operating](operating.md) shows which command to use when something is wrong, and
    |[changing the schema](schema-changes.md) those for the schema.
    |
    |
""".trimMargin()

/** The paths of all commands, the command itself first. */
private fun commandsOf(command: BaseCliktCommand<*>, path: List<String>): List<List<String>> =
    listOf(path) + command.registeredSubcommands().flatMap { commandsOf(it, path + it.commandName) }

private suspend fun section(path: List<String>): String {
    val pgq = Pgq.of(emptyList())
    pgq.context { terminal = Terminal(AnsiLevel.NONE, width = 100) }
    val asked = shouldThrow<PrintHelpMessage> { pgq.parse(path + "--help") }
    val help = checkNotNull(pgq.getFormattedHelp(asked)).lines().joinToString("\n") { it.trimEnd() }.trim()
    return "## ${(listOf("pgq") + path).joinToString(" ")}\n\n```\n$help\n```\n"
}
