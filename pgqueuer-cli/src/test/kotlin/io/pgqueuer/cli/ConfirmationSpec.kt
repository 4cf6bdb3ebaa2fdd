package io.pgqueuer.cli

import com.github.ajalt.clikt.command.SuspendingCliktCommand
import com.github.ajalt.clikt.command.parse
import com.github.ajalt.clikt.core.context
import com.github.ajalt.clikt.core.terminal
import com.github.ajalt.clikt.parameters.groups.provideDelegate
import com.github.ajalt.mordant.terminal.Terminal
import com.github.ajalt.mordant.terminal.TerminalRecorder
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain

class ConfirmationSpec : FunSpec({
    for (answer in listOf("y", "yes", " YES ")) {
        test("the answer '$answer' is a yes") {
            val command = Dangerous(answer)
            command.parse(emptyList())
            command.isDone shouldBe true
            command.recorder.stderr() shouldContain "two tables\nRemove them? [y/N] "
            command.recorder.stdout().shouldBeEmpty()
        }
    }

    for (answer in listOf("n", "", "yess", null)) {
        test("the answer '$answer' is a no") {
            val command = Dangerous(answer)
            shouldThrow<CommandException> { command.parse(emptyList()) }.message shouldBe "nothing is changed"
            command.isDone shouldBe false
        }
    }

    test("--yes asks nothing, and does not even look at what would be removed") {
        val command = Dangerous("n")
        command.parse(listOf("--yes"))
        command.isDone shouldBe true
        command.recorder.output().shouldBeEmpty()
    }

    test("without a terminal, what would be removed is shown, and --yes is named") {
        val command = Dangerous("y", isInteractive = false)
        shouldThrow<CommandException> { command.parse(emptyList()) }.message shouldContain "--yes"
        command.recorder.stderr() shouldBe "two tables\n"
        command.isDone shouldBe false
    }
})

private class Dangerous(answer: String?, isInteractive: Boolean = true) : SuspendingCliktCommand("dangerous") {
    val recorder = TerminalRecorder(inputInteractive = isInteractive).apply {
        inputLines = listOfNotNull(answer).toMutableList()
    }

    var isDone = false
    private val confirmation by Confirmation()

    init {
        context { terminal = Terminal(terminalInterface = recorder) }
    }

    override suspend fun run() {
        confirmation.ask(this, "Remove them?") { listOf("two tables") }
        isDone = true
    }
}
